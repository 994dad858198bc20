{{/* Exchange time of the simulator's first start: as chosen, else what the release has noted, else now. */}}
{{- define "cryptostream.simulator.origin" -}}
{{- $noted := lookup "v1" "ConfigMap" .Release.Namespace (include "cryptostream.componentName" (list . "simulator")) -}}
{{- $data := (default dict $noted).data | default dict -}}
{{- .Values.simulator.origin | default (index $data "CRYPTOSTREAM_SIMULATOR_ORIGIN") | default (dateInZone "2006-01-02T15:04:05Z" now "UTC") -}}
{{- end -}}
