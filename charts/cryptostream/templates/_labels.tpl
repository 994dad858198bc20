{{/* Labels by which a component's pods are chosen. They never change. Call: (list $ "operator") */}}
{{- define "cryptostream.selectorLabels" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: {{ default $root.Chart.Name $root.Values.nameOverride }}
app.kubernetes.io/instance: {{ $root.Release.Name | quote }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end -}}

{{/* Labels of pods: those that choose them, and the ones for all objects. Call: (list $ "operator") */}}
{{- define "cryptostream.podLabels" -}}
{{- $root := index . 0 -}}
{{ include "cryptostream.selectorLabels" . }}
app.kubernetes.io/part-of: cryptostream
{{- with $root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Labels of objects. Call: (list $ "operator") */}}
{{- define "cryptostream.labels" -}}
{{- $root := index . 0 -}}
{{ include "cryptostream.podLabels" . }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" }}
{{- end -}}
