/**
 * Go's names of defined strings, integers, lists and maps, by message and JSON field. Protobuf does not carry
 * them, and clients see them in decoding errors ("of type v1.PullPolicy").
 */
export const GO_NAMED_TYPES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "k8s.io.api.admission.v1.AdmissionRequest": {
    uid: "types.UID",
    operation: "v1.Operation",
  },
  "k8s.io.api.admission.v1.AdmissionResponse": {
    uid: "types.UID",
    patchType: "v1.PatchType",
  },
  "k8s.io.api.admission.v1beta1.AdmissionRequest": {
    uid: "types.UID",
    operation: "v1beta1.Operation",
  },
  "k8s.io.api.admission.v1beta1.AdmissionResponse": {
    uid: "types.UID",
    patchType: "v1beta1.PatchType",
  },
  "k8s.io.api.admissionregistration.v1.Rule": {
    scope: "v1.ScopeType",
  },
  "k8s.io.api.admissionregistration.v1.ValidatingAdmissionPolicySpec": {
    failurePolicy: "v1.FailurePolicyType",
  },
  "k8s.io.api.admissionregistration.v1.Validation": {
    reason: "v1.StatusReason",
  },
  "k8s.io.api.admissionregistration.v1.ValidatingAdmissionPolicyBindingSpec": {
    validationActions: "[]v1.ValidationAction",
  },
  "k8s.io.api.admissionregistration.v1.ParamRef": {
    parameterNotFoundAction: "v1.ParameterNotFoundActionType",
  },
  "k8s.io.api.admissionregistration.v1.MatchResources": {
    matchPolicy: "v1.MatchPolicyType",
  },
  "k8s.io.api.admissionregistration.v1.NamedRuleWithOperations": {
    operations: "[]v1.OperationType",
    scope: "v1.ScopeType",
  },
  "k8s.io.api.admissionregistration.v1.ValidatingWebhook": {
    failurePolicy: "v1.FailurePolicyType",
    matchPolicy: "v1.MatchPolicyType",
    sideEffects: "v1.SideEffectClass",
  },
  "k8s.io.api.admissionregistration.v1.MutatingWebhook": {
    failurePolicy: "v1.FailurePolicyType",
    matchPolicy: "v1.MatchPolicyType",
    sideEffects: "v1.SideEffectClass",
    reinvocationPolicy: "v1.ReinvocationPolicyType",
  },
  "k8s.io.api.admissionregistration.v1.MutatingAdmissionPolicySpec": {
    failurePolicy: "v1.FailurePolicyType",
    reinvocationPolicy: "v1.ReinvocationPolicyType",
  },
  "k8s.io.api.admissionregistration.v1.Mutation": {
    patchType: "v1.PatchType",
  },
  "k8s.io.api.admissionregistration.v1.RuleWithOperations": {
    operations: "[]v1.OperationType",
    scope: "v1.ScopeType",
  },
  "k8s.io.api.admissionregistration.v1alpha1.ValidatingAdmissionPolicySpec": {
    failurePolicy: "v1alpha1.FailurePolicyType",
  },
  "k8s.io.api.admissionregistration.v1alpha1.Validation": {
    reason: "v1.StatusReason",
  },
  "k8s.io.api.admissionregistration.v1alpha1.ValidatingAdmissionPolicyBindingSpec": {
    validationActions: "[]v1alpha1.ValidationAction",
  },
  "k8s.io.api.admissionregistration.v1alpha1.ParamRef": {
    parameterNotFoundAction: "v1alpha1.ParameterNotFoundActionType",
  },
  "k8s.io.api.admissionregistration.v1alpha1.MatchResources": {
    matchPolicy: "v1alpha1.MatchPolicyType",
  },
  "k8s.io.api.admissionregistration.v1alpha1.NamedRuleWithOperations": {
    operations: "[]v1.OperationType",
    scope: "v1.ScopeType",
  },
  "k8s.io.api.admissionregistration.v1alpha1.MutatingAdmissionPolicySpec": {
    failurePolicy: "v1alpha1.FailurePolicyType",
    reinvocationPolicy: "v1.ReinvocationPolicyType",
  },
  "k8s.io.api.admissionregistration.v1alpha1.Mutation": {
    patchType: "v1alpha1.PatchType",
  },
  "k8s.io.api.admissionregistration.v1beta1.ValidatingAdmissionPolicySpec": {
    failurePolicy: "v1beta1.FailurePolicyType",
  },
  "k8s.io.api.admissionregistration.v1beta1.Validation": {
    reason: "v1.StatusReason",
  },
  "k8s.io.api.admissionregistration.v1beta1.ValidatingAdmissionPolicyBindingSpec": {
    validationActions: "[]v1beta1.ValidationAction",
  },
  "k8s.io.api.admissionregistration.v1beta1.ParamRef": {
    parameterNotFoundAction: "v1beta1.ParameterNotFoundActionType",
  },
  "k8s.io.api.admissionregistration.v1beta1.MatchResources": {
    matchPolicy: "v1beta1.MatchPolicyType",
  },
  "k8s.io.api.admissionregistration.v1beta1.NamedRuleWithOperations": {
    operations: "[]v1.OperationType",
    scope: "v1.ScopeType",
  },
  "k8s.io.api.admissionregistration.v1beta1.ValidatingWebhook": {
    failurePolicy: "v1beta1.FailurePolicyType",
    matchPolicy: "v1beta1.MatchPolicyType",
    sideEffects: "v1beta1.SideEffectClass",
  },
  "k8s.io.api.admissionregistration.v1beta1.MutatingWebhook": {
    failurePolicy: "v1beta1.FailurePolicyType",
    matchPolicy: "v1beta1.MatchPolicyType",
    sideEffects: "v1beta1.SideEffectClass",
    reinvocationPolicy: "v1.ReinvocationPolicyType",
  },
  "k8s.io.api.admissionregistration.v1beta1.MutatingAdmissionPolicySpec": {
    failurePolicy: "v1beta1.FailurePolicyType",
    reinvocationPolicy: "v1.ReinvocationPolicyType",
  },
  "k8s.io.api.admissionregistration.v1beta1.Mutation": {
    patchType: "v1beta1.PatchType",
  },
  "k8s.io.api.apidiscovery.v2.APIVersionDiscovery": {
    freshness: "v2.DiscoveryFreshness",
  },
  "k8s.io.api.apidiscovery.v2.APIResourceDiscovery": {
    scope: "v2.ResourceScope",
  },
  "k8s.io.api.apidiscovery.v2beta1.APIVersionDiscovery": {
    freshness: "v2beta1.DiscoveryFreshness",
  },
  "k8s.io.api.apidiscovery.v2beta1.APIResourceDiscovery": {
    scope: "v2beta1.ResourceScope",
  },
  "k8s.io.api.apiserverinternal.v1alpha1.StorageVersionCondition": {
    type: "v1alpha1.StorageVersionConditionType",
    status: "v1alpha1.ConditionStatus",
  },
  "k8s.io.api.apps.v1.StatefulSetUpdateStrategy": {
    type: "v1.StatefulSetUpdateStrategyType",
  },
  "k8s.io.api.apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy": {
    whenDeleted: "v1.PersistentVolumeClaimRetentionPolicyType",
    whenScaled: "v1.PersistentVolumeClaimRetentionPolicyType",
  },
  "k8s.io.api.apps.v1.StatefulSetSpec": {
    podManagementPolicy: "v1.PodManagementPolicyType",
  },
  "k8s.io.api.apps.v1.StatefulSetCondition": {
    type: "v1.StatefulSetConditionType",
    status: "v1.ConditionStatus",
  },
  "k8s.io.api.apps.v1.DeploymentStrategy": {
    type: "v1.DeploymentStrategyType",
  },
  "k8s.io.api.apps.v1.DeploymentCondition": {
    type: "v1.DeploymentConditionType",
    status: "v1.ConditionStatus",
  },
  "k8s.io.api.apps.v1.DaemonSetUpdateStrategy": {
    type: "v1.DaemonSetUpdateStrategyType",
  },
  "k8s.io.api.apps.v1.DaemonSetCondition": {
    type: "v1.DaemonSetConditionType",
    status: "v1.ConditionStatus",
  },
  "k8s.io.api.apps.v1.ReplicaSetCondition": {
    type: "v1.ReplicaSetConditionType",
    status: "v1.ConditionStatus",
  },
  "k8s.io.api.apps.v1beta1.StatefulSetUpdateStrategy": {
    type: "v1beta1.StatefulSetUpdateStrategyType",
  },
  "k8s.io.api.apps.v1beta1.StatefulSetPersistentVolumeClaimRetentionPolicy": {
    whenDeleted: "v1beta1.PersistentVolumeClaimRetentionPolicyType",
    whenScaled: "v1beta1.PersistentVolumeClaimRetentionPolicyType",
  },
  "k8s.io.api.apps.v1beta1.StatefulSetSpec": {
    podManagementPolicy: "v1beta1.PodManagementPolicyType",
  },
  "k8s.io.api.apps.v1beta1.StatefulSetCondition": {
    type: "v1beta1.StatefulSetConditionType",
    status: "v1.ConditionStatus",
  },
  "k8s.io.api.apps.v1beta1.DeploymentStrategy": {
    type: "v1beta1.DeploymentStrategyType",
  },
  "k8s.io.api.apps.v1beta1.DeploymentCondition": {
    type: "v1beta1.DeploymentConditionType",
    status: "v1.ConditionStatus",
  },
  "k8s.io.api.apps.v1beta2.StatefulSetUpdateStrategy": {
    type: "v1beta2.StatefulSetUpdateStrategyType",
  },
  "k8s.io.api.apps.v1beta2.StatefulSetPersistentVolumeClaimRetentionPolicy": {
    whenDeleted: "v1beta2.PersistentVolumeClaimRetentionPolicyType",
    whenScaled: "v1beta2.PersistentVolumeClaimRetentionPolicyType",
  },
  "k8s.io.api.apps.v1beta2.StatefulSetSpec": {
    podManagementPolicy: "v1beta2.PodManagementPolicyType",
  },
  "k8s.io.api.apps.v1beta2.StatefulSetCondition": {
    type: "v1beta2.StatefulSetConditionType",
    status: "v1.ConditionStatus",
  },
  "k8s.io.api.apps.v1beta2.DeploymentStrategy": {
    type: "v1beta2.DeploymentStrategyType",
  },
  "k8s.io.api.apps.v1beta2.DeploymentCondition": {
    type: "v1beta2.DeploymentConditionType",
    status: "v1.ConditionStatus",
  },
  "k8s.io.api.apps.v1beta2.DaemonSetUpdateStrategy": {
    type: "v1beta2.DaemonSetUpdateStrategyType",
  },
  "k8s.io.api.apps.v1beta2.DaemonSetCondition": {
    type: "v1beta2.DaemonSetConditionType",
    status: "v1.ConditionStatus",
  },
  "k8s.io.api.apps.v1beta2.ReplicaSetCondition": {
    type: "v1beta2.ReplicaSetConditionType",
    status: "v1.ConditionStatus",
  },
  "k8s.io.api.authentication.v1.UserInfo": {
    extra: "map[string]v1.ExtraValue",
  },
  "k8s.io.api.authentication.v1.BoundObjectReference": {
    uid: "types.UID",
  },
  "k8s.io.api.authentication.v1beta1.UserInfo": {
    extra: "map[string]v1beta1.ExtraValue",
  },
  "k8s.io.api.authorization.v1.SubjectAccessReviewSpec": {
    extra: "map[string]v1.ExtraValue",
  },
  "k8s.io.api.authorization.v1beta1.SubjectAccessReviewSpec": {
    extra: "map[string]v1beta1.ExtraValue",
  },
  "k8s.io.api.autoscaling.v1.MetricSpec": {
    type: "v1.MetricSourceType",
  },
  "k8s.io.api.autoscaling.v1.ResourceMetricSource": {
    name: "v1.ResourceName",
  },
  "k8s.io.api.autoscaling.v1.ContainerResourceMetricSource": {
    name: "v1.ResourceName",
  },
  "k8s.io.api.autoscaling.v1.MetricStatus": {
    type: "v1.MetricSourceType",
  },
  "k8s.io.api.autoscaling.v1.HorizontalPodAutoscalerCondition": {
    type: "v1.HorizontalPodAutoscalerConditionType",
    status: "v1.ConditionStatus",
  },
  "k8s.io.api.autoscaling.v1.ResourceMetricStatus": {
    name: "v1.ResourceName",
  },
  "k8s.io.api.autoscaling.v1.ContainerResourceMetricStatus": {
    name: "v1.ResourceName",
  },
  "k8s.io.api.autoscaling.v2.MetricSpec": {
    type: "v2.MetricSourceType",
  },
  "k8s.io.api.autoscaling.v2.HPAScalingRules": {
    selectPolicy: "v2.ScalingPolicySelect",
  },
  "k8s.io.api.autoscaling.v2.HPAScalingPolicy": {
    type: "v2.HPAScalingPolicyType",
  },
  "k8s.io.api.autoscaling.v2.ResourceMetricSource": {
    name: "v1.ResourceName",
  },
  "k8s.io.api.autoscaling.v2.ContainerResourceMetricSource": {
    name: "v1.ResourceName",
  },
  "k8s.io.api.autoscaling.v2.MetricTarget": {
    type: "v2.MetricTargetType",
  },
  "k8s.io.api.autoscaling.v2.HorizontalPodAutoscalerCondition": {
    type: "v2.HorizontalPodAutoscalerConditionType",
    status: "v1.ConditionStatus",
  },
  "k8s.io.api.autoscaling.v2.MetricStatus": {
    type: "v2.MetricSourceType",
  },
  "k8s.io.api.autoscaling.v2.ResourceMetricStatus": {
    name: "v1.ResourceName",
  },
  "k8s.io.api.autoscaling.v2.ContainerResourceMetricStatus": {
    name: "v1.ResourceName",
  },
  "k8s.io.api.batch.v1.PodFailurePolicyOnExitCodesRequirement": {
    operator: "v1.PodFailurePolicyOnExitCodesOperator",
  },
  "k8s.io.api.batch.v1.PodFailurePolicyOnPodConditionsPattern": {
    type: "v1.PodConditionType",
    status: "v1.ConditionStatus",
  },
  "k8s.io.api.batch.v1.PodFailurePolicyRule": {
    action: "v1.PodFailurePolicyAction",
  },
  "k8s.io.api.batch.v1.JobSpec": {
    completionMode: "v1.CompletionMode",
    podReplacementPolicy: "v1.PodReplacementPolicy",
  },
  "k8s.io.api.batch.v1.UncountedTerminatedPods": {
    succeeded: "[]types.UID",
    failed: "[]types.UID",
  },
  "k8s.io.api.batch.v1.JobCondition": {
    type: "v1.JobConditionType",
    status: "v1.ConditionStatus",
  },
  "k8s.io.api.batch.v1.CronJobSpec": {
    concurrencyPolicy: "v1.ConcurrencyPolicy",
  },
  "k8s.io.api.batch.v1beta1.CronJobSpec": {
    concurrencyPolicy: "v1beta1.ConcurrencyPolicy",
  },
  "k8s.io.api.certificates.v1.CertificateSigningRequestSpec": {
    usages: "[]v1.KeyUsage",
    extra: "map[string]v1.ExtraValue",
  },
  "k8s.io.api.certificates.v1.CertificateSigningRequestCondition": {
    type: "v1.RequestConditionType",
    status: "v1.ConditionStatus",
  },
  "k8s.io.api.certificates.v1beta1.CertificateSigningRequestSpec": {
    usages: "[]v1beta1.KeyUsage",
    extra: "map[string]v1beta1.ExtraValue",
  },
  "k8s.io.api.certificates.v1beta1.CertificateSigningRequestCondition": {
    type: "v1beta1.RequestConditionType",
    status: "v1.ConditionStatus",
  },
  "k8s.io.api.certificates.v1beta1.PodCertificateRequestSpec": {
    podUID: "types.UID",
    serviceAccountUID: "types.UID",
    nodeName: "types.NodeName",
    nodeUID: "types.UID",
  },
  "k8s.io.api.coordination.v1.LeaseSpec": {
    strategy: "v1.CoordinatedLeaseStrategy",
  },
  "k8s.io.api.coordination.v1alpha2.LeaseCandidateSpec": {
    strategy: "v1.CoordinatedLeaseStrategy",
  },
  "k8s.io.api.coordination.v1beta1.LeaseSpec": {
    strategy: "v1.CoordinatedLeaseStrategy",
  },
  "k8s.io.api.coordination.v1beta1.LeaseCandidateSpec": {
    strategy: "v1.CoordinatedLeaseStrategy",
  },
  "k8s.io.api.core.v1.PersistentVolumeSpec": {
    capacity: "v1.ResourceList",
    accessModes: "[]v1.PersistentVolumeAccessMode",
    persistentVolumeReclaimPolicy: "v1.PersistentVolumeReclaimPolicy",
    volumeMode: "v1.PersistentVolumeMode",
  },
  "k8s.io.api.core.v1.PersistentVolumeStatus": {
    phase: "v1.PersistentVolumePhase",
  },
  "k8s.io.api.core.v1.PersistentVolumeClaimSpec": {
    accessModes: "[]v1.PersistentVolumeAccessMode",
    volumeMode: "v1.PersistentVolumeMode",
  },
  "k8s.io.api.core.v1.ModifyVolumeStatus": {
    status: "v1.PersistentVolumeClaimModifyVolumeStatus",
  },
  "k8s.io.api.core.v1.PersistentVolumeClaimCondition": {
    type: "v1.PersistentVolumeClaimConditionType",
    status: "v1.ConditionStatus",
  },
  "k8s.io.api.core.v1.PersistentVolumeClaimStatus": {
    phase: "v1.PersistentVolumeClaimPhase",
    accessModes: "[]v1.PersistentVolumeAccessMode",
    capacity: "v1.ResourceList",
    allocatedResources: "v1.ResourceList",
    allocatedResourceStatuses: "map[v1.ResourceName]v1.ClaimResourceStatus",
  },
  "k8s.io.api.core.v1.HostPathVolumeSource": {
    type: "v1.HostPathType",
  },
  "k8s.io.api.core.v1.EmptyDirVolumeSource": {
    medium: "v1.StorageMedium",
  },
  "k8s.io.api.core.v1.AzureDiskVolumeSource": {
    cachingMode: "v1.AzureDataDiskCachingMode",
    kind: "v1.AzureDataDiskKind",
  },
  "k8s.io.api.core.v1.ContainerPort": {
    protocol: "v1.Protocol",
  },
  "k8s.io.api.core.v1.VolumeMount": {
    recursiveReadOnly: "v1.RecursiveReadOnlyMode",
    mountPropagation: "v1.MountPropagationMode",
  },
  "k8s.io.api.core.v1.HTTPGetAction": {
    scheme: "v1.URIScheme",
  },
  "k8s.io.api.core.v1.ContainerResizePolicy": {
    resourceName: "v1.ResourceName",
    restartPolicy: "v1.ResourceResizeRestartPolicy",
  },
  "k8s.io.api.core.v1.Capabilities": {
    add: "[]v1.Capability",
    drop: "[]v1.Capability",
  },
  "k8s.io.api.core.v1.ResourceRequirements": {
    limits: "v1.ResourceList",
    requests: "v1.ResourceList",
  },
  "k8s.io.api.core.v1.VolumeResourceRequirements": {
    limits: "v1.ResourceList",
    requests: "v1.ResourceList",
  },
  "k8s.io.api.core.v1.Container": {
    restartPolicy: "v1.ContainerRestartPolicy",
    terminationMessagePolicy: "v1.TerminationMessagePolicy",
    imagePullPolicy: "v1.PullPolicy",
  },
  "k8s.io.api.core.v1.Lifecycle": {
    stopSignal: "v1.Signal",
  },
  "k8s.io.api.core.v1.ContainerStatus": {
    allocatedResources: "v1.ResourceList",
    stopSignal: "v1.Signal",
  },
  "k8s.io.api.core.v1.ResourceStatus": {
    name: "v1.ResourceName",
  },
  "k8s.io.api.core.v1.ResourceHealth": {
    resourceID: "v1.ResourceID",
    health: "v1.ResourceHealthStatus",
  },
  "k8s.io.api.core.v1.PodCondition": {
    type: "v1.PodConditionType",
    status: "v1.ConditionStatus",
  },
  "k8s.io.api.core.v1.VolumeMountStatus": {
    recursiveReadOnly: "v1.RecursiveReadOnlyMode",
  },
  "k8s.io.api.core.v1.ContainerRestartRule": {
    action: "v1.ContainerRestartRuleAction",
  },
  "k8s.io.api.core.v1.ContainerRestartRuleOnExitCodes": {
    operator: "v1.ContainerRestartRuleOnExitCodesOperator",
  },
  "k8s.io.api.core.v1.NodeSelectorRequirement": {
    operator: "v1.NodeSelectorOperator",
  },
  "k8s.io.api.core.v1.Taint": {
    effect: "v1.TaintEffect",
  },
  "k8s.io.api.core.v1.Toleration": {
    operator: "v1.TolerationOperator",
    effect: "v1.TaintEffect",
  },
  "k8s.io.api.core.v1.PodReadinessGate": {
    conditionType: "v1.PodConditionType",
  },
  "k8s.io.api.core.v1.PodSpec": {
    restartPolicy: "v1.RestartPolicy",
    dnsPolicy: "v1.DNSPolicy",
    preemptionPolicy: "v1.PreemptionPolicy",
    overhead: "v1.ResourceList",
  },
  "k8s.io.api.core.v1.PodOS": {
    name: "v1.OSName",
  },
  "k8s.io.api.core.v1.TopologySpreadConstraint": {
    whenUnsatisfiable: "v1.UnsatisfiableConstraintAction",
    nodeAffinityPolicy: "v1.NodeInclusionPolicy",
    nodeTaintsPolicy: "v1.NodeInclusionPolicy",
  },
  "k8s.io.api.core.v1.PodSecurityContext": {
    supplementalGroupsPolicy: "v1.SupplementalGroupsPolicy",
    fsGroupChangePolicy: "v1.PodFSGroupChangePolicy",
    seLinuxChangePolicy: "v1.PodSELinuxChangePolicy",
  },
  "k8s.io.api.core.v1.SeccompProfile": {
    type: "v1.SeccompProfileType",
  },
  "k8s.io.api.core.v1.AppArmorProfile": {
    type: "v1.AppArmorProfileType",
  },
  "k8s.io.api.core.v1.EphemeralContainerCommon": {
    restartPolicy: "v1.ContainerRestartPolicy",
    terminationMessagePolicy: "v1.TerminationMessagePolicy",
    imagePullPolicy: "v1.PullPolicy",
  },
  "k8s.io.api.core.v1.EphemeralContainer": {
    restartPolicy: "v1.ContainerRestartPolicy",
    terminationMessagePolicy: "v1.TerminationMessagePolicy",
    imagePullPolicy: "v1.PullPolicy",
  },
  "k8s.io.api.core.v1.PodStatus": {
    phase: "v1.PodPhase",
    qosClass: "v1.PodQOSClass",
    resize: "v1.PodResizeStatus",
    allocatedResources: "v1.ResourceList",
  },
  "k8s.io.api.core.v1.ReplicationControllerCondition": {
    type: "v1.ReplicationControllerConditionType",
    status: "v1.ConditionStatus",
  },
  "k8s.io.api.core.v1.LoadBalancerIngress": {
    ipMode: "v1.LoadBalancerIPMode",
  },
  "k8s.io.api.core.v1.ServiceSpec": {
    type: "v1.ServiceType",
    sessionAffinity: "v1.ServiceAffinity",
    externalTrafficPolicy: "v1.ServiceExternalTrafficPolicy",
    ipFamilies: "[]v1.IPFamily",
    ipFamilyPolicy: "v1.IPFamilyPolicy",
    internalTrafficPolicy: "v1.ServiceInternalTrafficPolicy",
  },
  "k8s.io.api.core.v1.ServicePort": {
    protocol: "v1.Protocol",
  },
  "k8s.io.api.core.v1.EndpointPort": {
    protocol: "v1.Protocol",
  },
  "k8s.io.api.core.v1.ConfigMapNodeConfigSource": {
    uid: "types.UID",
  },
  "k8s.io.api.core.v1.NodeStatus": {
    capacity: "v1.ResourceList",
    allocatable: "v1.ResourceList",
    phase: "v1.NodePhase",
    volumesInUse: "[]v1.UniqueVolumeName",
  },
  "k8s.io.api.core.v1.AttachedVolume": {
    name: "v1.UniqueVolumeName",
  },
  "k8s.io.api.core.v1.NodeCondition": {
    type: "v1.NodeConditionType",
    status: "v1.ConditionStatus",
  },
  "k8s.io.api.core.v1.NodeAddress": {
    type: "v1.NodeAddressType",
  },
  "k8s.io.api.core.v1.NamespaceSpec": {
    finalizers: "[]v1.FinalizerName",
  },
  "k8s.io.api.core.v1.NamespaceStatus": {
    phase: "v1.NamespacePhase",
  },
  "k8s.io.api.core.v1.NamespaceCondition": {
    type: "v1.NamespaceConditionType",
    status: "v1.ConditionStatus",
  },
  "k8s.io.api.core.v1.Preconditions": {
    uid: "types.UID",
  },
  "k8s.io.api.core.v1.ObjectReference": {
    uid: "types.UID",
  },
  "k8s.io.api.core.v1.LimitRangeItem": {
    type: "v1.LimitType",
    max: "v1.ResourceList",
    min: "v1.ResourceList",
    default: "v1.ResourceList",
    defaultRequest: "v1.ResourceList",
    maxLimitRequestRatio: "v1.ResourceList",
  },
  "k8s.io.api.core.v1.ResourceQuotaSpec": {
    hard: "v1.ResourceList",
    scopes: "[]v1.ResourceQuotaScope",
  },
  "k8s.io.api.core.v1.ScopedResourceSelectorRequirement": {
    scopeName: "v1.ResourceQuotaScope",
    operator: "v1.ScopeSelectorOperator",
  },
  "k8s.io.api.core.v1.ResourceQuotaStatus": {
    hard: "v1.ResourceList",
    used: "v1.ResourceList",
  },
  "k8s.io.api.core.v1.Secret": {
    type: "v1.SecretType",
  },
  "k8s.io.api.core.v1.ComponentCondition": {
    type: "v1.ComponentConditionType",
    status: "v1.ConditionStatus",
  },
  "k8s.io.api.core.v1.SecurityContext": {
    procMount: "v1.ProcMountType",
  },
  "k8s.io.api.core.v1.PortStatus": {
    protocol: "v1.Protocol",
  },
  "k8s.io.api.core.v1.ImageVolumeSource": {
    pullPolicy: "v1.PullPolicy",
  },
  "k8s.io.api.core.v1.NodeAllocatableResourceClaimStatus": {
    resources: "map[v1.ResourceName]resource.Quantity",
  },
  "k8s.io.api.discovery.v1.EndpointSlice": {
    addressType: "v1.AddressType",
  },
  "k8s.io.api.discovery.v1.EndpointPort": {
    protocol: "v1.Protocol",
  },
  "k8s.io.api.discovery.v1beta1.EndpointSlice": {
    addressType: "v1beta1.AddressType",
  },
  "k8s.io.api.discovery.v1beta1.EndpointPort": {
    protocol: "v1.Protocol",
  },
  "k8s.io.api.extensions.v1beta1.DeploymentStrategy": {
    type: "v1beta1.DeploymentStrategyType",
  },
  "k8s.io.api.extensions.v1beta1.DeploymentCondition": {
    type: "v1beta1.DeploymentConditionType",
    status: "v1.ConditionStatus",
  },
  "k8s.io.api.extensions.v1beta1.DaemonSetUpdateStrategy": {
    type: "v1beta1.DaemonSetUpdateStrategyType",
  },
  "k8s.io.api.extensions.v1beta1.DaemonSetCondition": {
    type: "v1beta1.DaemonSetConditionType",
    status: "v1.ConditionStatus",
  },
  "k8s.io.api.extensions.v1beta1.IngressPortStatus": {
    protocol: "v1.Protocol",
  },
  "k8s.io.api.extensions.v1beta1.HTTPIngressPath": {
    pathType: "v1beta1.PathType",
  },
  "k8s.io.api.extensions.v1beta1.ReplicaSetCondition": {
    type: "v1beta1.ReplicaSetConditionType",
    status: "v1.ConditionStatus",
  },
  "k8s.io.api.extensions.v1beta1.NetworkPolicySpec": {
    policyTypes: "[]v1beta1.PolicyType",
  },
  "k8s.io.api.extensions.v1beta1.NetworkPolicyPort": {
    protocol: "v1.Protocol",
  },
  "k8s.io.api.flowcontrol.v1.FlowDistinguisherMethod": {
    type: "v1.FlowDistinguisherMethodType",
  },
  "k8s.io.api.flowcontrol.v1.Subject": {
    kind: "v1.SubjectKind",
  },
  "k8s.io.api.flowcontrol.v1.FlowSchemaCondition": {
    type: "v1.FlowSchemaConditionType",
    status: "v1.ConditionStatus",
  },
  "k8s.io.api.flowcontrol.v1.PriorityLevelConfigurationSpec": {
    type: "v1.PriorityLevelEnablement",
  },
  "k8s.io.api.flowcontrol.v1.LimitResponse": {
    type: "v1.LimitResponseType",
  },
  "k8s.io.api.flowcontrol.v1.PriorityLevelConfigurationCondition": {
    type: "v1.PriorityLevelConfigurationConditionType",
    status: "v1.ConditionStatus",
  },
  "k8s.io.api.flowcontrol.v1beta1.FlowDistinguisherMethod": {
    type: "v1beta1.FlowDistinguisherMethodType",
  },
  "k8s.io.api.flowcontrol.v1beta1.Subject": {
    kind: "v1beta1.SubjectKind",
  },
  "k8s.io.api.flowcontrol.v1beta1.FlowSchemaCondition": {
    type: "v1beta1.FlowSchemaConditionType",
    status: "v1beta1.ConditionStatus",
  },
  "k8s.io.api.flowcontrol.v1beta1.PriorityLevelConfigurationSpec": {
    type: "v1beta1.PriorityLevelEnablement",
  },
  "k8s.io.api.flowcontrol.v1beta1.LimitResponse": {
    type: "v1beta1.LimitResponseType",
  },
  "k8s.io.api.flowcontrol.v1beta1.PriorityLevelConfigurationCondition": {
    type: "v1beta1.PriorityLevelConfigurationConditionType",
    status: "v1beta1.ConditionStatus",
  },
  "k8s.io.api.flowcontrol.v1beta2.FlowDistinguisherMethod": {
    type: "v1beta2.FlowDistinguisherMethodType",
  },
  "k8s.io.api.flowcontrol.v1beta2.Subject": {
    kind: "v1beta2.SubjectKind",
  },
  "k8s.io.api.flowcontrol.v1beta2.FlowSchemaCondition": {
    type: "v1beta2.FlowSchemaConditionType",
    status: "v1beta2.ConditionStatus",
  },
  "k8s.io.api.flowcontrol.v1beta2.PriorityLevelConfigurationSpec": {
    type: "v1beta2.PriorityLevelEnablement",
  },
  "k8s.io.api.flowcontrol.v1beta2.LimitResponse": {
    type: "v1beta2.LimitResponseType",
  },
  "k8s.io.api.flowcontrol.v1beta2.PriorityLevelConfigurationCondition": {
    type: "v1beta2.PriorityLevelConfigurationConditionType",
    status: "v1beta2.ConditionStatus",
  },
  "k8s.io.api.flowcontrol.v1beta3.FlowDistinguisherMethod": {
    type: "v1beta3.FlowDistinguisherMethodType",
  },
  "k8s.io.api.flowcontrol.v1beta3.Subject": {
    kind: "v1beta3.SubjectKind",
  },
  "k8s.io.api.flowcontrol.v1beta3.FlowSchemaCondition": {
    type: "v1beta3.FlowSchemaConditionType",
    status: "v1beta3.ConditionStatus",
  },
  "k8s.io.api.flowcontrol.v1beta3.PriorityLevelConfigurationSpec": {
    type: "v1beta3.PriorityLevelEnablement",
  },
  "k8s.io.api.flowcontrol.v1beta3.LimitResponse": {
    type: "v1beta3.LimitResponseType",
  },
  "k8s.io.api.flowcontrol.v1beta3.PriorityLevelConfigurationCondition": {
    type: "v1beta3.PriorityLevelConfigurationConditionType",
    status: "v1beta3.ConditionStatus",
  },
  "k8s.io.api.networking.v1.NetworkPolicySpec": {
    policyTypes: "[]v1.PolicyType",
  },
  "k8s.io.api.networking.v1.NetworkPolicyPort": {
    protocol: "v1.Protocol",
  },
  "k8s.io.api.networking.v1.IngressPortStatus": {
    protocol: "v1.Protocol",
  },
  "k8s.io.api.networking.v1.HTTPIngressPath": {
    pathType: "v1.PathType",
  },
  "k8s.io.api.networking.v1beta1.IngressPortStatus": {
    protocol: "v1.Protocol",
  },
  "k8s.io.api.networking.v1beta1.HTTPIngressPath": {
    pathType: "v1beta1.PathType",
  },
  "k8s.io.api.node.v1.Overhead": {
    podFixed: "v1.ResourceList",
  },
  "k8s.io.api.node.v1alpha1.Overhead": {
    podFixed: "v1.ResourceList",
  },
  "k8s.io.api.node.v1beta1.Overhead": {
    podFixed: "v1.ResourceList",
  },
  "k8s.io.api.policy.v1.PodDisruptionBudgetSpec": {
    unhealthyPodEvictionPolicy: "v1.UnhealthyPodEvictionPolicyType",
  },
  "k8s.io.api.policy.v1beta1.PodDisruptionBudgetSpec": {
    unhealthyPodEvictionPolicy: "v1beta1.UnhealthyPodEvictionPolicyType",
  },
  "k8s.io.api.resource.v1.Device": {
    attributes: "map[v1.QualifiedName]v1.DeviceAttribute",
    capacity: "map[v1.QualifiedName]v1.DeviceCapacity",
    nodeAllocatableResourceMappings: "map[v1.ResourceName]v1.NodeAllocatableResourceMapping",
  },
  "k8s.io.api.resource.v1.NodeAllocatableResourceMapping": {
    capacityKey: "v1.QualifiedName",
  },
  "k8s.io.api.resource.v1.DeviceTaint": {
    effect: "v1.DeviceTaintEffect",
  },
  "k8s.io.api.resource.v1.ExactDeviceRequest": {
    allocationMode: "v1.DeviceAllocationMode",
  },
  "k8s.io.api.resource.v1.DeviceSubRequest": {
    allocationMode: "v1.DeviceAllocationMode",
  },
  "k8s.io.api.resource.v1.CapacityRequirements": {
    requests: "map[v1.QualifiedName]resource.Quantity",
  },
  "k8s.io.api.resource.v1.DeviceConstraint": {
    matchAttribute: "v1.FullyQualifiedName",
    distinctAttribute: "v1.FullyQualifiedName",
  },
  "k8s.io.api.resource.v1.DeviceToleration": {
    operator: "v1.DeviceTolerationOperator",
    effect: "v1.DeviceTaintEffect",
  },
  "k8s.io.api.resource.v1.ResourceClaimConsumerReference": {
    uid: "types.UID",
  },
  "k8s.io.api.resource.v1.DeviceRequestAllocationResult": {
    shareID: "types.UID",
    consumedCapacity: "map[v1.QualifiedName]resource.Quantity",
  },
  "k8s.io.api.resource.v1.DeviceAllocationConfiguration": {
    source: "v1.AllocationConfigSource",
  },
  "k8s.io.api.resource.v1alpha3.DeviceTaint": {
    effect: "v1alpha3.DeviceTaintEffect",
  },
  "k8s.io.api.resource.v1beta1.BasicDevice": {
    attributes: "map[v1beta1.QualifiedName]v1beta1.DeviceAttribute",
    capacity: "map[v1beta1.QualifiedName]v1beta1.DeviceCapacity",
    nodeAllocatableResourceMappings: "map[v1.ResourceName]v1beta1.NodeAllocatableResourceMapping",
  },
  "k8s.io.api.resource.v1beta1.NodeAllocatableResourceMapping": {
    capacityKey: "v1beta1.QualifiedName",
  },
  "k8s.io.api.resource.v1beta1.DeviceTaint": {
    effect: "v1beta1.DeviceTaintEffect",
  },
  "k8s.io.api.resource.v1beta1.DeviceRequest": {
    allocationMode: "v1beta1.DeviceAllocationMode",
  },
  "k8s.io.api.resource.v1beta1.DeviceSubRequest": {
    allocationMode: "v1beta1.DeviceAllocationMode",
  },
  "k8s.io.api.resource.v1beta1.CapacityRequirements": {
    requests: "map[v1beta1.QualifiedName]resource.Quantity",
  },
  "k8s.io.api.resource.v1beta1.DeviceConstraint": {
    matchAttribute: "v1beta1.FullyQualifiedName",
    distinctAttribute: "v1beta1.FullyQualifiedName",
  },
  "k8s.io.api.resource.v1beta1.DeviceToleration": {
    operator: "v1beta1.DeviceTolerationOperator",
    effect: "v1beta1.DeviceTaintEffect",
  },
  "k8s.io.api.resource.v1beta1.ResourceClaimConsumerReference": {
    uid: "types.UID",
  },
  "k8s.io.api.resource.v1beta1.DeviceRequestAllocationResult": {
    shareID: "types.UID",
    consumedCapacity: "map[v1beta1.QualifiedName]resource.Quantity",
  },
  "k8s.io.api.resource.v1beta1.DeviceAllocationConfiguration": {
    source: "v1beta1.AllocationConfigSource",
  },
  "k8s.io.api.resource.v1beta2.Device": {
    attributes: "map[v1beta2.QualifiedName]v1beta2.DeviceAttribute",
    capacity: "map[v1beta2.QualifiedName]v1beta2.DeviceCapacity",
    nodeAllocatableResourceMappings: "map[v1.ResourceName]v1beta2.NodeAllocatableResourceMapping",
  },
  "k8s.io.api.resource.v1beta2.NodeAllocatableResourceMapping": {
    capacityKey: "v1beta2.QualifiedName",
  },
  "k8s.io.api.resource.v1beta2.DeviceTaint": {
    effect: "v1beta2.DeviceTaintEffect",
  },
  "k8s.io.api.resource.v1beta2.ExactDeviceRequest": {
    allocationMode: "v1beta2.DeviceAllocationMode",
  },
  "k8s.io.api.resource.v1beta2.DeviceSubRequest": {
    allocationMode: "v1beta2.DeviceAllocationMode",
  },
  "k8s.io.api.resource.v1beta2.CapacityRequirements": {
    requests: "map[v1beta2.QualifiedName]resource.Quantity",
  },
  "k8s.io.api.resource.v1beta2.DeviceConstraint": {
    matchAttribute: "v1beta2.FullyQualifiedName",
    distinctAttribute: "v1beta2.FullyQualifiedName",
  },
  "k8s.io.api.resource.v1beta2.DeviceToleration": {
    operator: "v1beta2.DeviceTolerationOperator",
    effect: "v1beta2.DeviceTaintEffect",
  },
  "k8s.io.api.resource.v1beta2.ResourceClaimConsumerReference": {
    uid: "types.UID",
  },
  "k8s.io.api.resource.v1beta2.DeviceRequestAllocationResult": {
    shareID: "types.UID",
    consumedCapacity: "map[v1beta2.QualifiedName]resource.Quantity",
  },
  "k8s.io.api.resource.v1beta2.DeviceAllocationConfiguration": {
    source: "v1beta2.AllocationConfigSource",
  },
  "k8s.io.api.scheduling.v1.PriorityClass": {
    preemptionPolicy: "v1.PreemptionPolicy",
  },
  "k8s.io.api.scheduling.v1alpha2.PodGroupTemplate": {
    disruptionMode: "v1alpha2.DisruptionMode",
  },
  "k8s.io.api.scheduling.v1alpha2.PodGroupSpec": {
    disruptionMode: "v1alpha2.DisruptionMode",
  },
  "k8s.io.api.scheduling.v1beta1.PriorityClass": {
    preemptionPolicy: "v1.PreemptionPolicy",
  },
  "k8s.io.api.storage.v1.StorageClass": {
    reclaimPolicy: "v1.PersistentVolumeReclaimPolicy",
    volumeBindingMode: "v1.VolumeBindingMode",
  },
  "k8s.io.api.storage.v1.CSIDriverSpec": {
    volumeLifecycleModes: "[]v1.VolumeLifecycleMode",
    fsGroupPolicy: "v1.FSGroupPolicy",
  },
  "k8s.io.api.storage.v1beta1.StorageClass": {
    reclaimPolicy: "v1.PersistentVolumeReclaimPolicy",
    volumeBindingMode: "v1beta1.VolumeBindingMode",
  },
  "k8s.io.api.storage.v1beta1.CSIDriverSpec": {
    volumeLifecycleModes: "[]v1beta1.VolumeLifecycleMode",
    fsGroupPolicy: "v1beta1.FSGroupPolicy",
  },
  "k8s.io.apimachinery.pkg.apis.meta.v1.ObjectMeta": {
    uid: "types.UID",
  },
  "k8s.io.apimachinery.pkg.apis.meta.v1.OwnerReference": {
    uid: "types.UID",
  },
  "k8s.io.apimachinery.pkg.apis.meta.v1.ListOptions": {
    resourceVersionMatch: "v1.ResourceVersionMatch",
  },
  "k8s.io.apimachinery.pkg.apis.meta.v1.DeleteOptions": {
    propagationPolicy: "v1.DeletionPropagation",
  },
  "k8s.io.apimachinery.pkg.apis.meta.v1.Preconditions": {
    uid: "types.UID",
  },
  "k8s.io.apimachinery.pkg.apis.meta.v1.Status": {
    reason: "v1.StatusReason",
  },
  "k8s.io.apimachinery.pkg.apis.meta.v1.StatusDetails": {
    uid: "types.UID",
  },
  "k8s.io.apimachinery.pkg.apis.meta.v1.StatusCause": {
    reason: "v1.CauseType",
  },
  "k8s.io.apimachinery.pkg.apis.meta.v1.APIResource": {
    verbs: "v1.Verbs",
  },
  "k8s.io.apimachinery.pkg.apis.meta.v1.LabelSelectorRequirement": {
    operator: "v1.LabelSelectorOperator",
  },
  "k8s.io.apimachinery.pkg.apis.meta.v1.FieldSelectorRequirement": {
    operator: "v1.FieldSelectorOperator",
  },
  "k8s.io.apimachinery.pkg.apis.meta.v1.ManagedFieldsEntry": {
    operation: "v1.ManagedFieldsOperationType",
  },
  "k8s.io.apimachinery.pkg.apis.meta.v1.TableRowCondition": {
    type: "v1.RowConditionType",
    status: "v1.ConditionStatus",
  },
  "k8s.io.apimachinery.pkg.apis.meta.v1.TableOptions": {
    includeObject: "v1.IncludeObjectPolicy",
  },
  "k8s.io.apimachinery.pkg.apis.meta.v1.Condition": {
    status: "v1.ConditionStatus",
  },
  "k8s.io.apimachinery.pkg.util.intstr.IntOrString": {
    Type: "intstr.Type",
  },
  "k8s.io.apiextensions_apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionSpec": {
    scope: "v1.ResourceScope",
  },
  "k8s.io.apiextensions_apiserver.pkg.apis.apiextensions.v1.CustomResourceConversion": {
    strategy: "v1.ConversionStrategyType",
  },
  "k8s.io.apiextensions_apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionCondition": {
    type: "v1.CustomResourceDefinitionConditionType",
    status: "v1.ConditionStatus",
  },
  "k8s.io.apiextensions_apiserver.pkg.apis.apiextensions.v1.ConversionRequest": {
    uid: "types.UID",
  },
  "k8s.io.apiextensions_apiserver.pkg.apis.apiextensions.v1.ConversionResponse": {
    uid: "types.UID",
  },
  "k8s.io.apiextensions_apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps": {
    $schema: "v1.JSONSchemaURL",
    dependencies: "v1.JSONSchemaDependencies",
    definitions: "v1.JSONSchemaDefinitions",
    "x-kubernetes-validations": "v1.ValidationRules",
  },
  "k8s.io.apiextensions_apiserver.pkg.apis.apiextensions.v1.ValidationRule": {
    reason: "v1.FieldValueErrorReason",
  },
  "k8s.io.kube_aggregator.pkg.apis.apiregistration.v1.APIServiceCondition": {
    type: "v1.APIServiceConditionType",
    status: "v1.ConditionStatus",
  },
  "k8s.io.metrics.pkg.apis.metrics.v1beta1.NodeMetrics": {
    usage: "v1.ResourceList",
  },
  "k8s.io.metrics.pkg.apis.metrics.v1beta1.ContainerMetrics": {
    usage: "v1.ResourceList",
  },
};
