{{/* Replication by the number of nodes: as many copies as can be had, up to three, of which one may be away. */}}
{{- define "cryptostream.kafka.replication" -}}
{{- $copies := min 3 (int .Values.kafka.brokers) -}}
{{- $insync := max 1 (sub $copies 1) -}}
default.replication.factor: {{ $copies }}
min.insync.replicas: {{ $insync }}
offsets.topic.replication.factor: {{ $copies }}
transaction.state.log.replication.factor: {{ $copies }}
transaction.state.log.min.isr: {{ $insync }}
share.coordinator.state.topic.replication.factor: {{ $copies }}
share.coordinator.state.topic.min.isr: {{ $insync }}
{{- end -}}

{{/* Settings of the brokers: those that follow from their number, then the user's, which win. */}}
{{- define "cryptostream.kafka.config" -}}
{{- $ours := include "cryptostream.kafka.replication" . | fromYaml -}}
{{/* Topics are made as KafkaTopics; one that a typing error makes would have the wrong settings. */}}
{{- $ours = set $ours "auto.create.topics.enable" false -}}
{{- merge (dict) .Values.kafka.config $ours | toYaml -}}
{{- end -}}

{{/* Strimzi's own defaults do not pass the restricted standard. It chooses the users: fsGroup 0 lets any write. */}}
{{- define "cryptostream.kafka.podSecurityContext" -}}
runAsNonRoot: true
fsGroup: 0
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{/* Fields of Strimzi's templates of pods. */}}
{{- define "cryptostream.kafka.podTemplate" -}}
{{- $kafka := .Values.kafka -}}
{{- with .Values.commonLabels }}
metadata:
  labels:
    {{- toYaml . | nindent 4 }}
{{- end }}
securityContext:
  {{- include "cryptostream.kafka.podSecurityContext" . | nindent 2 }}
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $kafka.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $kafka.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* How nodes' pods spread: over the cluster's nodes if they can, unless the user says otherwise. */}}
{{- define "cryptostream.kafka.spread" -}}
{{- if .Values.kafka.topologySpreadConstraints -}}
{{- toYaml .Values.kafka.topologySpreadConstraints -}}
{{- else -}}
- maxSkew: 1
  topologyKey: kubernetes.io/hostname
  whenUnsatisfiable: ScheduleAnyway
  labelSelector:
    matchLabels:
      strimzi.io/name: {{ .Values.kafka.clusterName }}-kafka
{{- end -}}
{{- end -}}

{{/* Labels of Strimzi's objects. It hands them on to pods: the chart's version among them would restart the brokers. */}}
{{- define "cryptostream.kafka.labels" -}}
{{ include "cryptostream.podLabels" (list $ "kafka") }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}
