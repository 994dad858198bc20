{{/* Reference of one of the project's images. Call: (list $ "operator") */}}
{{- define "cryptostream.image" -}}
{{- $images := (index . 0).Values.images -}}
{{- $image := index $images (index . 1) -}}
{{- $name := $image.repository -}}
{{- if $images.registry -}}{{- $name = printf "%s/%s" $images.registry $image.repository -}}{{- end -}}
{{- if $image.digest -}}
{{- printf "%s@%s" $name $image.digest -}}
{{- else -}}
{{- printf "%s:%s" $name ($image.tag | default $images.tag | default (index . 0).Chart.AppVersion) -}}
{{- end -}}
{{- end -}}

{{/* Security context of a pod that the restricted standard admits. Call: the numerical user, 10001 for our images */}}
{{- define "cryptostream.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: {{ . }}
runAsGroup: {{ . }}
fsGroup: {{ . }}
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{/* Security context of a container that the restricted standard admits. */}}
{{- define "cryptostream.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{/* Where a component's pods may run and what they are pulled with. Call: (list $ .Values.operator) */}}
{{- define "cryptostream.podPlacement" -}}
{{- $fields := dict -}}
{{- range $name, $value := pick (index . 1) "nodeSelector" "tolerations" "affinity" "topologySpreadConstraints" "priorityClassName" -}}
{{- if $value -}}{{- $fields = set $fields $name $value -}}{{- end -}}
{{- end -}}
{{- with (index . 0).Values.imagePullSecrets -}}{{- $fields = set $fields "imagePullSecrets" . -}}{{- end -}}
{{- if $fields -}}{{- toYaml $fields -}}{{- end -}}
{{- end -}}
