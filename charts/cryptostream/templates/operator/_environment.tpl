{{/* The operator's settings as variables: those of operator.settings, and what follows from other values. */}}
{{- define "cryptostream.operator.environment" -}}
{{- $secrets := list -}}
{{- range .Values.imagePullSecrets -}}{{- $secrets = append $secrets .name -}}{{- end -}}
{{- $derived := dict
      "namespaces" (include "cryptostream.operator.namespaces" . | fromJsonArray | join ",")
      "producerImage" (include "cryptostream.image" (list . "producer"))
      "jobImage" (include "cryptostream.image" (list . "job"))
      "imagePullSecrets" (join "," $secrets)
-}}
{{- $variables := list -}}
{{- range $name, $value := merge $derived .Values.operator.settings -}}
{{- $variables = append $variables (dict "name" (printf "CRYPTOSTREAM_OPERATOR_%s" (snakecase $name | upper)) "value" (include "cryptostream.text" $value)) -}}
{{- end -}}
{{- toYaml (concat $variables .Values.operator.extraEnv) -}}
{{- end -}}
