{{/*
Stop with a message when a kind of another product is missing.
Call: (dict "root" $ "apiVersion" "kafka.strimzi.io/v1" "kind" "Kafka" "provider" "Strimzi 1.0 or newer" "setting" "kafka.mode=external")
*/}}
{{- define "cryptostream.requireKind" -}}
{{- $wanted := printf "%s/%s" .apiVersion .kind -}}
{{- if and .root.Values.requireKinds (not (.root.Capabilities.APIVersions.Has $wanted)) -}}
{{- fail (printf "\n\nThe cluster does not know the kind %s (%s): install %s first, or set %s.\nWithout a cluster (helm template) add --api-versions %s, or --set requireKinds=false.\n" .kind .apiVersion .provider .setting $wanted) -}}
{{- end -}}
{{- end -}}
