{{/*
The data sources as Grafana provisions them. Dashboards take them from a variable, alert rules by their uid.
Call: (dict "root" $ "user" "…" "password" "…"); either may be the name of a variable, $NAME, that Grafana fills in. With
"authority", the certificate itself takes the place of the file that the release's Grafana mounts.
*/}}
{{- define "cryptostream.grafana.datasources" -}}
{{- $root := .root -}}
{{- $prometheus := $root.Values.grafana.prometheus -}}
apiVersion: 1
datasources:
  - name: CryptoStream
    uid: cryptostream
    type: grafana-postgresql-datasource
    access: proxy
    url: {{ printf "%s:%s" (include "cryptostream.database.host" $root) (include "cryptostream.database.port" $root) | quote }}
    user: {{ .user | quote }}
    # An existing Grafana has a default of its own, and does not start with two.
    isDefault: {{ eq $root.Values.grafana.mode "deploy" }}
    editable: false
    jsonData:
      database: {{ $root.Values.timescaledb.database | quote }}
      sslmode: {{ include "cryptostream.database.sslmode" $root | replace "prefer" "disable" }}
      {{- if .authority }}
      tlsConfigurationMethod: file-content
      {{- else if include "cryptostream.database.authority" $root }}
      tlsConfigurationMethod: file-path
      sslRootCertFile: {{ include "cryptostream.database.authorityFile" $root }}
      {{- end }}
      postgresVersion: 1500
      timescaledb: {{ ne $root.Values.timescaledb.mode "external" }}
      maxOpenConns: {{ $root.Values.grafana.datasource.maxConnections }}
      maxIdleConns: 2
      connMaxLifetime: 14400
    secureJsonData:
      password: {{ .password | quote }}
      {{- with .authority }}
      tlsCACert: {{ . | quote }}
      {{- end }}
  {{- if $prometheus.url }}
  - name: CryptoStream Prometheus
    uid: cryptostream-prometheus
    type: prometheus
    access: proxy
    url: {{ $prometheus.url | quote }}
    editable: false
    jsonData:
      httpMethod: POST
  {{- end }}
{{- end -}}
