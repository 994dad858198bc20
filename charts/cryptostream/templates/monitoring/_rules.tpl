{{/* The alerting rules, for the release's operator and for the streams of the namespaces that it looks after. */}}
{{- define "cryptostream.rules" -}}
{{- $namespaces := include "cryptostream.operator.namespaces" . | fromJsonArray -}}
{{- $streams := $namespaces | empty | ternary "namespace!=\"\"" (printf "namespace=~\"%s\"" (join "|" $namespaces)) -}}
{{- .Files.Get "files/prometheus-rules.yaml" | replace "SELECTOR" $streams | replace "OPERATOR" (printf "namespace=\"%s\"" .Release.Namespace) -}}
{{- end -}}
