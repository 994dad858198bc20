{{/* Variable of Grafana's container with the webhook's address, as an item of env; empty without a Secret. */}}
{{- define "cryptostream.grafana.webhookVariable" -}}
{{- $webhook := .Values.grafana.alerting.webhook -}}
{{- if and .Values.grafana.alerting.enabled $webhook.existingSecret -}}
- name: CRYPTOSTREAM_WEBHOOK_URL
  valueFrom: {secretKeyRef: {name: {{ $webhook.existingSecret }}, key: {{ $webhook.key }}}}
{{- end -}}
{{- end -}}

{{/* The webhook's address as Grafana's files have it; empty where none is given. */}}
{{- define "cryptostream.grafana.webhookAddress" -}}
{{- $webhook := .Values.grafana.alerting.webhook -}}
{{- if and $webhook.existingSecret (eq .Values.grafana.mode "sidecar") -}}
{{- fail "\n\nAn existing Grafana does not know the Secret of grafana.alerting.webhook.existingSecret: give the address with\ngrafana.alerting.webhook.url, or make the contact point in that Grafana.\n" -}}
{{- else if $webhook.existingSecret -}}
$CRYPTOSTREAM_WEBHOOK_URL
{{- else -}}
{{/* A dollar sign would be taken for the beginning of a variable. */}}
{{- $webhook.url | replace "$" "$$" -}}
{{- end -}}
{{- end -}}

{{/* Contact points with the webhook's address in place of the example's. Call: (dict "address" "https://…" "file" "its text") */}}
{{- define "cryptostream.grafana.contactPoints" -}}
{{- $file := fromYaml .file -}}
{{- range $file.contactPoints -}}
{{- range .receivers -}}{{- $_ := set .settings "url" $.address -}}{{- end -}}
{{- end -}}
{{- toYaml $file -}}
{{- end -}}
