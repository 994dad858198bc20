{{/* The namespaces that the operator looks after, as a JSON list; empty for the whole cluster. */}}
{{- define "cryptostream.operator.namespaces" -}}
{{- $chosen := .Values.operator.watchNamespaces | default (list .Release.Namespace) | uniq -}}
{{- if has "*" $chosen -}}
{{- if gt (len $chosen) 1 -}}
{{- fail (printf "\n\noperator.watchNamespaces holds \"*\", the whole cluster, beside %s: write either.\n" (without $chosen "*" | join ", ")) -}}
{{- end -}}
{{- $chosen = list -}}
{{- end -}}
{{- toJson $chosen -}}
{{- end -}}

{{/* Rules in the namespaces that are looked after. */}}
{{- define "cryptostream.operator.namespaceRules" -}}
{{- $rights := .Files.Get "files/operator-rights.yaml" | fromYaml -}}
{{- $rules := $rights.namespace -}}
{{- if eq .Values.operator.settings.readings "proxy" -}}
{{- $rules = concat $rules $rights.proxy -}}
{{- end -}}
{{- toYaml $rules -}}
{{- end -}}
