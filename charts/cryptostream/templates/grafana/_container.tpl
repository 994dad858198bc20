{{/* Grafana's container. */}}
{{- define "cryptostream.grafana.container" -}}
{{- $grafana := .Values.grafana -}}
{{- $admin := include "cryptostream.grafana.adminSecret" . -}}
image: {{ include "cryptostream.foreignImage" $grafana.image }}
imagePullPolicy: {{ .Values.images.pullPolicy }}
env:
  - name: GF_SECURITY_ADMIN_USER
    valueFrom: {secretKeyRef: {name: {{ $admin }}, key: admin-user}}
  - name: GF_SECURITY_ADMIN_PASSWORD
    valueFrom: {secretKeyRef: {name: {{ $admin }}, key: admin-password}}
  - name: GF_SECURITY_SECRET_KEY
    valueFrom: {secretKeyRef: {name: {{ $admin }}, key: secret-key, optional: true}}
  {{- include "cryptostream.database.variable" (list $ "CRYPTOSTREAM_READER_LOGIN" "reader" "username") | nindent 2 }}
  {{- include "cryptostream.database.variable" (list $ "CRYPTOSTREAM_READER_PASSWORD" "reader" "password") | nindent 2 }}
  {{- include "cryptostream.grafana.environment" . | nindent 2 }}
  {{- with include "cryptostream.grafana.webhookVariable" . }}
  {{- . | nindent 2 }}
  {{- end }}
  {{- with $grafana.extraEnv }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
ports:
  - name: http
    containerPort: 3000
startupProbe:
  {{- include "cryptostream.grafana.probe" . | nindent 2 }}
  periodSeconds: 2
  failureThreshold: 90
readinessProbe:
  {{- include "cryptostream.grafana.probe" . | nindent 2 }}
  periodSeconds: 10
livenessProbe:
  {{- include "cryptostream.grafana.probe" . | nindent 2 }}
  periodSeconds: 10
  failureThreshold: 6
resources:
  {{- toYaml $grafana.resources | nindent 2 }}
securityContext:
  {{- include "cryptostream.containerSecurityContext" . | nindent 2 }}
volumeMounts:
  {{- range $folder := list "datasources" "dashboards" }}
  - name: provisioning
    mountPath: /etc/grafana/provisioning/{{ $folder }}/cryptostream.yaml
    subPath: {{ $folder }}.yaml
    readOnly: true
  {{- end }}
  {{- if include "cryptostream.grafana.hasAlerting" . }}
  - {name: alerting, mountPath: /etc/grafana/provisioning/alerting, readOnly: true}
  {{- end }}
  - {name: dashboards, mountPath: /etc/cryptostream/dashboards, readOnly: true}
  {{- with include "cryptostream.database.authorityMount" . }}
  {{- . | nindent 2 }}
  {{- end }}
  - {name: data, mountPath: /var/lib/grafana}
  - {name: tmp, mountPath: /tmp}
terminationMessagePolicy: FallbackToLogsOnError
{{- end -}}

{{/* Whether Grafana serves. */}}
{{- define "cryptostream.grafana.probe" -}}
httpGet:
  path: {{ include "cryptostream.grafana.path" . }}/api/health
  port: http
timeoutSeconds: 5
{{- end -}}

{{/* Its volumes. */}}
{{- define "cryptostream.grafana.volumes" -}}
{{- $persistence := .Values.grafana.persistence -}}
{{- $name := include "cryptostream.grafana.name" . -}}
- name: data
  {{- if $persistence.enabled }}
  persistentVolumeClaim:
    claimName: {{ default $name $persistence.existingClaim }}
  {{- else }}
  emptyDir: {}
  {{- end }}
- name: tmp
  emptyDir: {}
{{- with include "cryptostream.database.authorityVolume" . }}
{{ . }}
{{- end }}
- name: provisioning
  configMap:
    name: {{ $name }}
{{- if include "cryptostream.grafana.hasAlerting" . }}
- name: alerting
  configMap:
    name: {{ include "cryptostream.componentName" (list . "grafana-alerting") }}
{{- end }}
- name: dashboards
  projected:
    sources:
      {{- range $path, $_ := .Files.Glob "files/dashboards/*.json" }}
      - configMap:
          name: {{ include "cryptostream.grafana.dashboardName" (list $ $path) }}
      {{- else }}
      []
      {{- end }}
{{- end -}}

{{/* Not empty where alert rules are provisioned. */}}
{{- define "cryptostream.grafana.hasAlerting" -}}
{{- if and .Values.grafana.alerting.enabled (include "cryptostream.grafana.alertingFiles" . | fromYaml) -}}
true
{{- end -}}
{{- end -}}

{{/* Files of Grafana's alerting by name: the chart's, and the user's, which win. */}}
{{- define "cryptostream.grafana.alertingFiles" -}}
{{- $files := dict -}}
{{- range $path, $content := .Files.Glob "files/alerting/*.yaml" -}}
{{- $_ := set $files (base $path) ($content | toString | trim) -}}
{{- end -}}
{{- with include "cryptostream.grafana.webhookAddress" . -}}
{{- $name := "contact-points.yaml" -}}
{{- $_ := set $files $name (include "cryptostream.grafana.contactPoints" (dict "address" . "file" (get $files $name))) -}}
{{- end -}}
{{- merge dict .Values.grafana.alerting.files $files | toYaml -}}
{{- end -}}

{{/* Where dashboards, rules and data sources are: beside an existing Grafana, if it looks elsewhere. */}}
{{- define "cryptostream.grafana.namespace" -}}
{{- if eq .Values.grafana.mode "sidecar" -}}
{{- default .Release.Namespace .Values.grafana.sidecar.namespace -}}
{{- else -}}
{{- .Release.Namespace -}}
{{- end -}}
{{- end -}}
