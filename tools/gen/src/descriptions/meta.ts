import type { Descriptions } from "./descriptions.ts";

const M = "k8s.io.apimachinery.pkg.apis.meta.v1";

export const meta: Descriptions = {
  [`${M}.ObjectMeta`]: {
    "": "What every stored object has: its name, identity, labels and history.",
    name: "The name, unique among objects of this kind in the namespace. It cannot be changed.",
    generateName: "A prefix from which the server makes a unique name where name is empty.",
    namespace: "The namespace that the object lives in; empty for cluster-scoped objects.",
    selfLink: "Not set any more.",
    uid: "Identifies this very object over time: one that is deleted and made again gets another.",
    resourceVersion:
      "Changes with every write. An update that carries an old one is refused; otherwise treat it as opaque.",
    generation: "Counts the changes of the wanted state.",
    creationTimestamp: "When the server stored the object.",
    deletionTimestamp:
      "When the object is to be gone; set by the server on a graceful delete, and never taken back.",
    deletionGracePeriodSeconds: "How long the object may take to end once it is being deleted.",
    labels: "Keys and values that selectors choose objects by.",
    annotations: "Keys and values of any kind, for tools; selectors do not see them.",
    ownerReferences:
      "Objects that this one depends on: when all of them are gone, it is removed too. At most one is its controller.",
    finalizers:
      "What must be done before the object goes away; each name is removed by whoever did its part.",
    managedFields: "Which manager set which fields, for server-side apply.",
  },
  [`${M}.ListMeta`]: {
    "": "What a list says about itself.",
    selfLink: "Not set any more.",
    resourceVersion: "The version of the whole list, from which a watch can start.",
    continue: "Where the next part of the list starts; empty when this is the last part.",
    remainingItemCount: "How many objects follow this part, where that is known.",
  },
  [`${M}.OwnerReference`]: {
    "": "Names an owner in the same namespace, or one that is cluster-scoped.",
    apiVersion: "Group and version of the owner.",
    kind: "Kind of the owner.",
    name: "Name of the owner.",
    uid: "Identity of the owner.",
    controller: "Whether the owner manages this object.",
    blockOwnerDeletion: "Whether a foreground deletion of the owner waits for this object.",
  },
  [`${M}.ManagedFieldsEntry`]: {
    "": "The fields that one manager set in one way.",
    manager: "Who set them.",
    operation: "Apply or Update.",
    apiVersion: "The version of the object in which the fields are named.",
    time: "When the set last changed.",
    fieldsType: "FieldsV1.",
    fieldsV1: "The set of fields.",
    subresource: "The subresource that the change went through, if any.",
  },
  [`${M}.LabelSelector`]: {
    "": "Chooses objects by their labels. An empty selector chooses all of them, a missing one none.",
    matchLabels: "Labels that must be there with exactly these values.",
    matchExpressions: "Further conditions; all of them must hold.",
  },
  [`${M}.LabelSelectorRequirement`]: {
    "": "A condition on one label.",
    key: "The label's key.",
    operator: "In, NotIn, Exists or DoesNotExist.",
    values: "The values for In and NotIn; empty for the others.",
  },
  [`${M}.Condition`]: {
    "": "One aspect of an object's state.",
    type: "Which aspect, in CamelCase or as domain/CamelCase.",
    status: "True, False or Unknown.",
    observedGeneration: "The generation of the object that the condition was found for.",
    lastTransitionTime: "When the status last changed.",
    reason: "Why, as one CamelCase word for programs.",
    message: "Why, for people.",
  },
  [`${M}.Status`]: {
    "": "The answer to a call that gives no object: what went wrong, or that it went well.",
    status: "Success or Failure.",
    message: "What happened, for people.",
    reason: "What happened, as one word for programs.",
    details: "What it was about.",
    code: "The HTTP code.",
  },
  [`${M}.DeleteOptions`]: {
    "": "How an object is to be deleted.",
    gracePeriodSeconds: "How long it may take to end; zero deletes at once.",
    preconditions: "What must be true of the object for it to be deleted.",
    orphanDependents: "Deprecated: use propagationPolicy.",
    propagationPolicy: "What happens to dependents: Orphan, Background or Foreground.",
    dryRun: "All: does everything but store the result.",
  },
};
