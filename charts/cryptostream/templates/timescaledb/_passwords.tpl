{{/*
A key of a Secret of the release: what the cluster has, else a new password, the same for all templates of a rendering.
Call: (list $ "secret's name" "key")
*/}}
{{- define "cryptostream.password" -}}
{{- $root := index . 0 -}}
{{- $place := printf "%s/%s" (index . 1) (index . 2) -}}
{{- if not (hasKey $root "generatedPasswords") -}}
{{- $_ := set $root "generatedPasswords" dict -}}
{{- end -}}
{{- if not (hasKey $root.generatedPasswords $place) -}}
{{- $stored := lookup "v1" "Secret" $root.Release.Namespace (index . 1) | default dict -}}
{{- $value := dig "data" (index . 2) "" $stored | b64dec -}}
{{- $_ := set $root.generatedPasswords $place ($value | default (randAlphaNum 32)) -}}
{{- end -}}
{{- get $root.generatedPasswords $place -}}
{{- end -}}
