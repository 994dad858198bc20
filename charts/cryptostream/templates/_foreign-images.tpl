{{/* Reference of an image that is not the project's. Call: .Values.timescaledb.image */}}
{{- define "cryptostream.foreignImage" -}}
{{- if .digest -}}
{{- printf "%s@%s" .repository .digest -}}
{{- else -}}
{{- printf "%s:%s" .repository .tag -}}
{{- end -}}
{{- end -}}
