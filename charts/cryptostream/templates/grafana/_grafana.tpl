{{/* Name of Grafana's objects. */}}
{{- define "cryptostream.grafana.name" -}}
{{- include "cryptostream.componentName" (list . "grafana") -}}
{{- end -}}

{{/* Name of the Secret with the administrator's login. */}}
{{- define "cryptostream.grafana.adminSecret" -}}
{{- default (include "cryptostream.grafana.name" .) .Values.grafana.admin.existingSecret -}}
{{- end -}}

{{/* The path below which Grafana is served, without a slash at its end. */}}
{{- define "cryptostream.grafana.path" -}}
{{- if .Values.grafana.ingress.enabled -}}
{{- .Values.grafana.ingress.path | trimSuffix "/" -}}
{{- end -}}
{{- end -}}

{{/* Settings as grafana.ini has them, by section: those that the chart makes, and the user's, which win. */}}
{{- define "cryptostream.grafana.config" -}}
{{- $grafana := .Values.grafana -}}
{{- $ingress := $grafana.ingress -}}
{{/*
What the image holds is what runs, and nobody is told of this Grafana. Its data sources are plugins in the image's read-only
file system: an update of one would stop it, fail to take its place, and leave none (grafana/grafana#132528).
*/}}
{{- $ours := dict
  "plugins" (dict "preinstall_disabled" true "preinstall_auto_update" false)
  "analytics" (dict "reporting_enabled" false "check_for_updates" false "check_for_plugin_updates" false "feedback_links_enabled" false)
  "news" (dict "news_feed_enabled" false)
  "security" (dict "disable_gravatar" true)
-}}
{{- $home := printf "files/dashboards/%s.json" $grafana.homeDashboard -}}
{{- if .Files.Get $home -}}
{{- $_ := set $ours "dashboards" (dict "default_home_dashboard_path" (printf "/etc/cryptostream/dashboards/%s" (base $home))) -}}
{{- end -}}
{{- if $ingress.enabled -}}
{{- $scheme := ternary "https" "http" $ingress.tls.enabled -}}
{{- $_ := set $ours "server" (dict "root_url" (printf "%s://%s%s/" $scheme $ingress.host (include "cryptostream.grafana.path" .)) "serve_from_sub_path" (ne (include "cryptostream.grafana.path" .) "")) -}}
{{- $_ := set $ours.security "cookie_secure" $ingress.tls.enabled -}}
{{- end -}}
{{- merge dict $grafana.config $ours | toYaml -}}
{{- end -}}

{{/* One variable for each of these settings. */}}
{{- define "cryptostream.grafana.environment" -}}
{{- range $section, $settings := include "cryptostream.grafana.config" . | fromYaml -}}
{{- range $name, $value := $settings }}
- name: GF_{{ upper (printf "%s_%s" $section $name) | replace "." "_" | replace "-" "_" }}
  value: {{ include "cryptostream.text" $value | quote }}
{{- end }}
{{- end }}
{{- end -}}

{{/* Dashboards of the chart: their files by name. */}}
{{- define "cryptostream.grafana.dashboardName" -}}
{{- printf "%s-dashboard-%s" (include "cryptostream.fullname" (index . 0)) (base (index . 1) | trimSuffix ".json" | trimPrefix "cryptostream-") | trunc 63 | trimSuffix "-" -}}
{{- end -}}
