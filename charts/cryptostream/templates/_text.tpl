{{/* A value as text. Numbers of values files are floating-point: printed as such, a million would be 1e+06. */}}
{{- define "cryptostream.text" -}}
{{- kindIs "string" . | ternary . (toJson .) -}}
{{- end -}}
