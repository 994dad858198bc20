{{/* What the release tells when it has been installed: above all the next command. */}}
{{- define "cryptostream.notes" -}}
{{- $namespace := .Release.Namespace -}}
{{- $simulator := include "cryptostream.componentName" (list . "simulator") -}}
CryptoStream {{ .Chart.AppVersion }} looks after {{ include "cryptostream.operator.namespaces" . | fromJsonArray | join ", " | default "the whole cluster" }}.
{{- if eq .Values.kafka.mode "strimzi" }}

Kafka starts, which takes a minute or two. Strimzi has to watch this namespace:

  kubectl wait kafka/{{ .Values.kafka.clusterName }} --namespace {{ $namespace }} --for=condition=Ready --timeout=10m
{{- end }}

The Spark operator has to watch this namespace, too (spark.jobNamespaces, or jobNamespaceSelector, of its chart).
{{- if .Values.streams }}

CryptoStreams of the release: {{ range $index, $stream := .Values.streams }}{{ if $index }}, {{ end }}{{ $stream.name }}{{ end }}.

  kubectl get cryptostreams --namespace {{ $namespace }} --watch
{{- else }}

Create a stream:

  kubectl apply --namespace {{ $namespace }} --filename - <<END
  apiVersion: cryptostream.io/v1alpha1
  kind: CryptoStream
  metadata: {name: majors}
  spec:
    exchange: {{ .Values.simulator.enabled | ternary .Values.simulator.exchange "binance" }}
    symbols: {{ .Values.simulator.enabled | ternary (include "cryptostream.simulator.symbols" .) "[BTCUSDT, ETHUSDT, SOLUSDT, BNBUSDT]" }}
    {{- if .Values.simulator.enabled }}
    endpoints: {websocket: "ws://{{ $simulator }}:9443", rest: "http://{{ $simulator }}:9443"}
    {{- end }}
    {{- if and (eq .Values.kafka.mode "strimzi") (or (ne .Values.kafka.clusterName "kafka") (ne (int .Values.kafka.port) 9093)) }}
    kafka: {cluster: {{ .Values.kafka.clusterName }}, port: {{ .Values.kafka.port }}}
    {{- else if eq .Values.kafka.mode "external" }}
    kafka: {mode: external, external: {bootstrapServers: "kafka.example.com:9092"}}
    {{- end }}
    {{- with include "cryptostream.database.authority" . }}
    sink: {authoritySecret: {name: {{ . }}, key: {{ $.Values.timescaledb.external.authoritySecret.key }}}}
    {{- end }}
  END
  kubectl wait cryptostream/majors --namespace {{ $namespace }} --for=condition=Ready --timeout=5m
{{- end }}
{{- if eq .Values.grafana.mode "deploy" }}

See it in Grafana:
{{ if .Values.grafana.ingress.enabled }}
  {{ .Values.grafana.ingress.tls.enabled | ternary "https" "http" }}://{{ .Values.grafana.ingress.host }}{{ include "cryptostream.grafana.path" . }}/
{{- else }}
  kubectl port-forward --namespace {{ $namespace }} service/{{ include "cryptostream.grafana.name" . }} 3000:{{ .Values.grafana.service.port }}    # http://localhost:3000
{{- end }}
  kubectl get secret --namespace {{ $namespace }} {{ include "cryptostream.grafana.adminSecret" . }} --output jsonpath='{.data.admin-password}' | base64 --decode; echo
{{- end }}

Check the release:

  helm test {{ .Release.Name }} --namespace {{ $namespace }}
{{- if and .Values.crds.install (eq (include "cryptostream.crdKeeper" .) "other") }}

The CRD of CryptoStream belongs to another release in this cluster and has been left as it is: upgrade that one as well.
{{- end }}
{{- range .Values.streams }}
{{- if eq (.spec.deletionPolicy | default "Retain") "Delete" }}

CryptoStream {{ .name }} has deletionPolicy Delete, which takes the operator. Before helm uninstall:
kubectl delete cryptostream {{ .name }} --namespace {{ $namespace }}
{{- end }}
{{- end }}
{{- if and .Values.crds.install .Values.crds.keep }}

helm uninstall keeps the CRD, and so every CryptoStream that was applied by hand, with what it runs. Delete those first,
while the operator is there to let go of them: kubectl delete cryptostreams --all --namespace {{ $namespace }}
{{- end }}
{{- end -}}

{{/* The simulated symbols without their rates, as a YAML list. */}}
{{- define "cryptostream.simulator.symbols" -}}
{{- $names := list -}}
{{- range .Values.simulator.symbols -}}{{- $names = append $names (splitList ":" . | first) -}}{{- end -}}
[{{ join ", " $names }}]
{{- end -}}
