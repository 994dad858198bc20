{{/* Which conditions of files/network-paths.yaml hold, as JSON. */}}
{{- define "cryptostream.paths.conditions" -}}
{{- dict
      "readingsByProxy" (eq .Values.operator.settings.readings "proxy")
      "simulator" .Values.simulator.enabled
      "database" (eq .Values.timescaledb.mode "statefulset")
      "cnpg" (eq .Values.timescaledb.mode "cnpg")
      "migrations" .Values.timescaledb.migrations.enabled
      "grafana" (eq .Values.grafana.mode "deploy")
      "grafanaReadsPrometheus" (ne .Values.grafana.prometheus.url "")
      "ingress" .Values.grafana.ingress.enabled
      "strimzi" (eq .Values.kafka.mode "strimzi")
      "services" (gt (len .Values.networkPolicies.services) 0)
      "notifications" (gt (len .Values.networkPolicies.notifications) 0)
    | toJson -}}
{{- end -}}

{{/* "yes" when all conditions hold. Call: (list $ (list "simulator")) */}}
{{- define "cryptostream.paths.holds" -}}
{{- $conditions := include "cryptostream.paths.conditions" (index . 0) | fromJson -}}
{{- $holds := true -}}
{{- range index . 1 -}}{{- $holds = and $holds (index $conditions .) -}}{{- end -}}
{{- if $holds -}}yes{{- end -}}
{{- end -}}

{{/* Labels of an end's pods, as JSON. Call: (list $ $end) */}}
{{- define "cryptostream.paths.pods" -}}
{{- $root := index . 0 -}}
{{- $end := index . 1 -}}
{{- if eq $end.pods "release" -}}
{{- include "cryptostream.selectorLabels" (list $root $end.component) | fromYaml | toJson -}}
{{- else if eq $end.pods "stream" -}}
{{- dict "app.kubernetes.io/managed-by" "cryptostream-operator" "app.kubernetes.io/component" $end.component | toJson -}}
{{- else if eq $end.pods "strimzi" -}}
{{- dict "strimzi.io/cluster" $root.Values.kafka.clusterName "strimzi.io/name" (printf "%s-%s" $root.Values.kafka.clusterName $end.component) | toJson -}}
{{- else if eq $end.pods "cnpg" -}}
{{- dict "cnpg.io/cluster" (include "cryptostream.database.name" $root) | toJson -}}
{{- else -}}
{{- dict "cryptostream.io/client" "true" | toJson -}}
{{- end -}}
{{- end -}}

{{/* An end as peers of a rule, as a JSON list. Call: (list $ "grafana" $end) */}}
{{- define "cryptostream.paths.peers" -}}
{{- $root := index . 0 -}}
{{- $name := index . 1 -}}
{{- $end := index . 2 -}}
{{- $values := $root.Values.networkPolicies -}}
{{- $peers := list -}}
{{- if $end.pods -}}
{{- $peer := dict "podSelector" (dict "matchLabels" (include "cryptostream.paths.pods" (list $root $end) | fromJson)) -}}
{{- $namespaces := eq $end.pods "stream" | ternary (include "cryptostream.operator.namespaces" $root | fromJsonArray) (list $root.Release.Namespace) -}}
{{- $chosen := $namespaces | empty | ternary dict (dict "matchExpressions" (list (dict "key" "kubernetes.io/metadata.name" "operator" "In" "values" $namespaces))) -}}
{{- $peers = append $peers (set $peer "namespaceSelector" $chosen) -}}
{{- end -}}
{{- if and (eq $name "client") $values.clients -}}
{{- $peers = append $peers (dict "namespaceSelector" (dict "matchLabels" $values.clients)) -}}
{{- else if eq $name "dns" -}}
{{- $peers = append $peers (dict "namespaceSelector" (dict "matchLabels" $values.dns.namespaceLabels) "podSelector" (dict "matchLabels" $values.dns.podLabels)) -}}
{{- with $values.dns.cidr -}}{{- $peers = append $peers (dict "ipBlock" (dict "cidr" .)) -}}{{- end -}}
{{- else if eq $name "api-server" -}}
{{- $peers = append $peers (dict "ipBlock" (pick $values.apiServer "cidr")) -}}
{{- else if eq $name "exchange" -}}
{{- $peers = append $peers (dict "ipBlock" $values.outside) -}}
{{- else if eq $name "prometheus" -}}
{{- $peers = append $peers (dict "namespaceSelector" (dict "matchLabels" $values.prometheus)) -}}
{{- else if eq $name "ingress" -}}
{{- $peers = append $peers (dict "namespaceSelector" (dict "matchLabels" $values.ingressController)) -}}
{{- else if eq $name "strimzi" -}}
{{- $peers = append $peers (dict "namespaceSelector" (dict "matchLabels" $values.strimzi)) -}}
{{- end -}}
{{- toJson $peers -}}
{{- end -}}

{{/* Ports of Prometheus' pods, as a JSON list: its own, and that of its address, before which a Service may stand. */}}
{{- define "cryptostream.paths.prometheusPorts" -}}
{{- $address := urlParse .Values.grafana.prometheus.url -}}
{{- $given := regexFind ":[0-9]+$" $address.host | trimPrefix ":" -}}
{{- list 9090 ($given | default (eq $address.scheme "https" | ternary 443 80) | int) | uniq | toJson -}}
{{- end -}}

{{/* Ports of a path as a rule has them, as a JSON list; empty for all. Call: (list $ $path.ports) */}}
{{- define "cryptostream.paths.ports" -}}
{{- $root := index . 0 -}}
{{- $ports := list -}}
{{- range index . 1 -}}
{{- if eq (toString .) "kafka" -}}
{{- $ports = append $ports (dict "port" $root.Values.kafka.port "protocol" "TCP") -}}
{{- else if eq (toString .) "api-server" -}}
{{- range $root.Values.networkPolicies.apiServer.ports -}}{{- $ports = append $ports (dict "port" . "protocol" "TCP") -}}{{- end -}}
{{- else if eq (toString .) "grafana-prometheus" -}}
{{- range include "cryptostream.paths.prometheusPorts" $root | fromJsonArray -}}{{- $ports = append $ports (dict "port" . "protocol" "TCP") -}}{{- end -}}
{{- else if eq (toString .) "dns" -}}
{{- $ports = concat $ports (list (dict "port" 53 "protocol" "UDP") (dict "port" 53 "protocol" "TCP")) -}}
{{- else if ne (toString .) "any" -}}
{{- $ports = append $ports (dict "port" . "protocol" "TCP") -}}
{{- end -}}
{{- end -}}
{{- toJson $ports -}}
{{- end -}}

{{/*
The rules of an end in one direction, as a JSON list. Call: (dict "root" $ "table" $table "end" "grafana" "side" "from")
for egress, "to" for ingress.
*/}}
{{- define "cryptostream.paths.rules" -}}
{{- $root := .root -}}
{{- $side := .side -}}
{{- $other := eq $side "from" | ternary "to" "from" -}}
{{- $rules := list -}}
{{- range $path := .table.paths -}}
{{- if eq (index $path $side) $.end -}}
{{- $name := index $path $other -}}
{{- $end := index $.table.ends $name -}}
{{- if include "cryptostream.paths.holds" (list $root (concat ($end.when | default list) ($path.when | default list))) -}}
{{- if has $name (list "services" "notifications") -}}
{{- range index $root.Values.networkPolicies $name -}}
{{- $peer := hasKey . "cidr" | ternary (dict "ipBlock" (pick . "cidr")) (dict "namespaceSelector" (dict "matchLabels" (.namespaceLabels | default dict)) "podSelector" (dict "matchLabels" (.podLabels | default dict))) -}}
{{- $rules = append $rules (dict $other (list $peer) "ports" (include "cryptostream.paths.ports" (list $root .ports) | fromJsonArray)) -}}
{{- end -}}
{{- else -}}
{{- $rule := dict $other (include "cryptostream.paths.peers" (list $root $name $end) | fromJsonArray) -}}
{{- with include "cryptostream.paths.ports" (list $root $path.ports) | fromJsonArray -}}{{- $rule = set $rule "ports" . -}}{{- end -}}
{{- $rules = append $rules $rule -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $rules -}}
{{- end -}}

{{/* Who may reach Kafka's listener, as peers, as a JSON list: Strimzi makes the policy of that port; empty for all. */}}
{{- define "cryptostream.paths.kafkaPeers" -}}
{{- $peers := list -}}
{{- if .Values.networkPolicies.enabled -}}
{{- $table := .Files.Get "files/network-paths.yaml" | fromYaml -}}
{{- range $table.paths -}}
{{- if and (eq .to "kafka") (has "kafka" .ports) -}}
{{- $peers = concat $peers (include "cryptostream.paths.peers" (list $ .from (index $table.ends .from)) | fromJsonArray) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $peers -}}
{{- end -}}
