/**
 * Defaults that are a plain value for an unset field, by message: [field, value], run in this order. A dotted
 * field skips the rule where a parent is absent. Rules with conditions are functions beside this file.
 *
 * Upstream: pkg/apis/GROUP/VERSION/defaults.go and the +default markers of k8s.io/api @1.36
 */
import type { JsonValue } from "@kubets/api";

export type PlainDefault = readonly [field: string, value: JsonValue];

export const PLAIN_DEFAULTS: Readonly<Record<string, readonly PlainDefault[]>> = {
  "k8s.io.api.admissionregistration.v1.MatchResources": [
    ["matchPolicy", "Equivalent"],
    ["namespaceSelector", {}],
    ["objectSelector", {}],
  ],
  "k8s.io.api.admissionregistration.v1.MutatingAdmissionPolicySpec": [["failurePolicy", "Fail"]],
  "k8s.io.api.admissionregistration.v1.MutatingWebhook": [
    ["failurePolicy", "Fail"],
    ["matchPolicy", "Equivalent"],
    ["namespaceSelector", {}],
    ["objectSelector", {}],
    ["timeoutSeconds", 10],
    ["reinvocationPolicy", "Never"],
  ],
  "k8s.io.api.admissionregistration.v1.Rule": [["scope", "*"]],
  "k8s.io.api.admissionregistration.v1.ServiceReference": [["port", 443]],
  "k8s.io.api.admissionregistration.v1.ValidatingAdmissionPolicySpec": [["failurePolicy", "Fail"]],
  "k8s.io.api.admissionregistration.v1.ValidatingWebhook": [
    ["failurePolicy", "Fail"],
    ["matchPolicy", "Equivalent"],
    ["namespaceSelector", {}],
    ["objectSelector", {}],
    ["timeoutSeconds", 10],
  ],
  "k8s.io.api.admissionregistration.v1alpha1.MatchResources": [
    ["matchPolicy", "Equivalent"],
    ["namespaceSelector", {}],
    ["objectSelector", {}],
  ],
  "k8s.io.api.admissionregistration.v1alpha1.MutatingAdmissionPolicySpec": [
    ["failurePolicy", "Fail"],
  ],
  "k8s.io.api.admissionregistration.v1alpha1.ParamRef": [["parameterNotFoundAction", "Deny"]],
  "k8s.io.api.admissionregistration.v1beta1.MatchResources": [
    ["matchPolicy", "Equivalent"],
    ["namespaceSelector", {}],
    ["objectSelector", {}],
  ],
  "k8s.io.api.admissionregistration.v1beta1.MutatingAdmissionPolicySpec": [
    ["failurePolicy", "Fail"],
  ],
  "k8s.io.apiextensions_apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionSpec": [
    [
      "conversion",
      {
        strategy: "None",
      },
    ],
  ],
  "k8s.io.apiextensions_apiserver.pkg.apis.apiextensions.v1.ServiceReference": [["port", 443]],
  "k8s.io.kube_aggregator.pkg.apis.apiregistration.v1.ServiceReference": [["port", 443]],
  "k8s.io.api.apps.v1.DaemonSet": [
    ["spec.updateStrategy.type", "RollingUpdate"],
    ["spec.revisionHistoryLimit", 10],
  ],
  "k8s.io.api.apps.v1.Deployment": [
    ["spec.replicas", 1],
    ["spec.strategy.type", "RollingUpdate"],
    ["spec.revisionHistoryLimit", 10],
    ["spec.progressDeadlineSeconds", 600],
  ],
  "k8s.io.api.apps.v1.ReplicaSet": [["spec.replicas", 1]],
  "k8s.io.api.apps.v1.StatefulSet": [
    ["spec.podManagementPolicy", "OrderedReady"],
    ["spec.replicas", 1],
    ["spec.revisionHistoryLimit", 10],
  ],
  "k8s.io.api.authentication.v1.TokenRequestSpec": [["expirationSeconds", 3600]],
  "k8s.io.api.autoscaling.v1.HorizontalPodAutoscaler": [["spec.minReplicas", 1]],
  "k8s.io.api.autoscaling.v2.HorizontalPodAutoscaler": [
    ["spec.minReplicas", 1],
    [
      "spec.metrics",
      [
        {
          type: "Resource",
          resource: {
            name: "cpu",
            target: {
              type: "Utilization",
              averageUtilization: 80,
            },
          },
        },
      ],
    ],
  ],
  "k8s.io.api.batch.v1.CronJob": [
    ["spec.concurrencyPolicy", "Allow"],
    ["spec.suspend", false],
    ["spec.successfulJobsHistoryLimit", 3],
    ["spec.failedJobsHistoryLimit", 1],
  ],
  "k8s.io.api.batch.v1.Job": [
    ["spec.completionMode", "NonIndexed"],
    ["spec.suspend", false],
    ["spec.manualSelector", false],
  ],
  "k8s.io.api.batch.v1.PodFailurePolicyOnPodConditionsPattern": [["status", "True"]],
  "k8s.io.api.core.v1.ConfigMapVolumeSource": [["defaultMode", 420]],
  "k8s.io.api.core.v1.Container": [
    ["terminationMessagePath", "/dev/termination-log"],
    ["terminationMessagePolicy", "File"],
  ],
  "k8s.io.api.core.v1.DownwardAPIVolumeSource": [["defaultMode", 420]],
  "k8s.io.api.core.v1.EphemeralContainer": [
    ["terminationMessagePath", "/dev/termination-log"],
    ["terminationMessagePolicy", "File"],
  ],
  "k8s.io.api.core.v1.HTTPGetAction": [
    ["path", "/"],
    ["scheme", "HTTP"],
  ],
  "k8s.io.api.core.v1.HostPathVolumeSource": [["type", ""]],
  "k8s.io.api.core.v1.NamespaceStatus": [["phase", "Active"]],
  "k8s.io.api.core.v1.ObjectFieldSelector": [["apiVersion", "v1"]],
  "k8s.io.api.core.v1.PersistentVolume": [
    ["status.phase", "Pending"],
    ["spec.persistentVolumeReclaimPolicy", "Retain"],
    ["spec.volumeMode", "Filesystem"],
  ],
  "k8s.io.api.core.v1.PersistentVolumeClaim": [["status.phase", "Pending"]],
  "k8s.io.api.core.v1.PersistentVolumeClaimSpec": [["volumeMode", "Filesystem"]],
  "k8s.io.api.core.v1.Pod": [["spec.enableServiceLinks", true]],
  "k8s.io.api.core.v1.PodSpec": [
    ["dnsPolicy", "ClusterFirst"],
    ["restartPolicy", "Always"],
    ["securityContext", {}],
    ["terminationGracePeriodSeconds", 30],
    ["schedulerName", "default-scheduler"],
  ],
  "k8s.io.api.core.v1.Probe": [
    ["timeoutSeconds", 1],
    ["periodSeconds", 10],
    ["successThreshold", 1],
    ["failureThreshold", 3],
  ],
  "k8s.io.api.core.v1.ProjectedVolumeSource": [["defaultMode", 420]],
  "k8s.io.api.core.v1.Secret": [["type", "Opaque"]],
  "k8s.io.api.core.v1.SecretVolumeSource": [["defaultMode", 420]],
  "k8s.io.api.core.v1.Service": [
    ["spec.sessionAffinity", "None"],
    ["spec.type", "ClusterIP"],
  ],
  "k8s.io.api.core.v1.ServiceAccountTokenProjection": [["expirationSeconds", 3600]],
  "k8s.io.api.discovery.v1.EndpointPort": [
    ["name", ""],
    ["protocol", "TCP"],
  ],
  "k8s.io.api.flowcontrol.v1.ExemptPriorityLevelConfiguration": [
    ["nominalConcurrencyShares", 0],
    ["lendablePercent", 0],
  ],
  "k8s.io.api.flowcontrol.v1.FlowSchemaSpec": [["matchingPrecedence", 1000]],
  "k8s.io.api.flowcontrol.v1.LimitedPriorityLevelConfiguration": [
    ["nominalConcurrencyShares", 30],
    ["lendablePercent", 0],
  ],
  "k8s.io.api.flowcontrol.v1.QueuingConfiguration": [
    ["handSize", 8],
    ["queues", 64],
    ["queueLengthLimit", 50],
  ],
  "k8s.io.api.networking.v1.NetworkPolicyPort": [["protocol", "TCP"]],
  "k8s.io.api.rbac.v1.ClusterRoleBinding": [["roleRef.apiGroup", "rbac.authorization.k8s.io"]],
  "k8s.io.api.rbac.v1.RoleBinding": [["roleRef.apiGroup", "rbac.authorization.k8s.io"]],
  "k8s.io.api.resource.v1.DeviceSubRequest": [["allocationMode", "ExactCount"]],
  "k8s.io.api.resource.v1.ExactDeviceRequest": [["allocationMode", "ExactCount"]],
  "k8s.io.api.resource.v1alpha3.ResourcePoolStatusRequestSpec": [
    ["limit", 100],
    ["limit", 100],
  ],
  "k8s.io.api.resource.v1beta1.DeviceSubRequest": [["allocationMode", "ExactCount"]],
  "k8s.io.api.resource.v1beta2.DeviceSubRequest": [["allocationMode", "ExactCount"]],
  "k8s.io.api.resource.v1beta2.ExactDeviceRequest": [["allocationMode", "ExactCount"]],
  "k8s.io.api.scheduling.v1.PriorityClass": [["preemptionPolicy", "PreemptLowerPriority"]],
  "k8s.io.api.storage.v1.CSIDriver": [
    ["spec.attachRequired", true],
    ["spec.podInfoOnMount", false],
    ["spec.storageCapacity", false],
    ["spec.fsGroupPolicy", "ReadWriteOnceWithFSType"],
    ["spec.volumeLifecycleModes", ["Persistent"]],
    ["spec.requiresRepublish", false],
  ],
  "k8s.io.api.storage.v1.StorageClass": [
    ["reclaimPolicy", "Delete"],
    ["volumeBindingMode", "Immediate"],
  ],
  "k8s.io.api.autoscaling.v1.ScaleSpec": [["replicas", 0]],
  "k8s.io.api.certificates.v1beta1.PodCertificateRequestSpec": [["maxExpirationSeconds", 86400]],
  "k8s.io.api.core.v1.RBDVolumeSource": [
    ["pool", "rbd"],
    ["user", "admin"],
    ["keyring", "/etc/ceph/keyring"],
  ],
  "k8s.io.api.core.v1.RBDPersistentVolumeSource": [
    ["pool", "rbd"],
    ["user", "admin"],
    ["keyring", "/etc/ceph/keyring"],
  ],
  "k8s.io.api.core.v1.ISCSIVolumeSource": [["iscsiInterface", "default"]],
  "k8s.io.api.core.v1.ISCSIPersistentVolumeSource": [["iscsiInterface", "default"]],
  "k8s.io.api.core.v1.AzureDiskVolumeSource": [
    ["cachingMode", "ReadWrite"],
    ["fsType", "ext4"],
    ["readOnly", false],
    ["kind", "Shared"],
  ],
  "k8s.io.api.core.v1.ScaleIOVolumeSource": [
    ["storageMode", "ThinProvisioned"],
    ["fsType", "xfs"],
  ],
  "k8s.io.api.core.v1.ScaleIOPersistentVolumeSource": [
    ["storageMode", "ThinProvisioned"],
    ["fsType", "xfs"],
  ],
  "k8s.io.api.core.v1.ContainerPort": [["protocol", "TCP"]],
  "k8s.io.api.core.v1.FileKeySelector": [["optional", false]],
  "k8s.io.api.core.v1.GRPCAction": [["service", ""]],
  "k8s.io.api.core.v1.ReplicationControllerSpec": [["replicas", 1]],
  "k8s.io.api.core.v1.ServicePort": [["protocol", "TCP"]],
  "k8s.io.api.resource.v1.DeviceToleration": [["operator", "Equal"]],
  "k8s.io.api.resource.v1beta1.DeviceToleration": [["operator", "Equal"]],
  "k8s.io.api.resource.v1beta2.DeviceToleration": [["operator", "Equal"]],
  "k8s.io.api.scheduling.v1alpha2.PodGroupSpec": [["disruptionMode", "Pod"]],
  "k8s.io.api.admissionregistration.v1.NamedRuleWithOperations": [["scope", "*"]],
  "k8s.io.api.admissionregistration.v1.RuleWithOperations": [["scope", "*"]],
  "k8s.io.api.admissionregistration.v1alpha1.NamedRuleWithOperations": [["scope", "*"]],
  "k8s.io.api.admissionregistration.v1beta1.NamedRuleWithOperations": [["scope", "*"]],
};
