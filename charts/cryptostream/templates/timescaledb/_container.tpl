{{/* The container of the database server. */}}
{{- define "cryptostream.database.container" -}}
{{- $database := .Values.timescaledb -}}
{{- $configured := include "cryptostream.database.parameters" . | fromYaml -}}
image: {{ include "cryptostream.foreignImage" $database.image }}
imagePullPolicy: {{ .Values.images.pullPolicy }}
args:
  - postgres
  - -c
  - hba_file=/etc/cryptostream/pg_hba.conf
  {{- if $database.tls.enabled }}
  - -c
  - ssl=on
  - -c
  - ssl_cert_file=/etc/cryptostream-tls/tls.crt
  - -c
  - ssl_key_file=/etc/cryptostream-tls/tls.key
  {{- end }}
  {{- range $name, $value := merge dict $database.parameters $configured }}
  - -c
  - {{ printf "%s=%s" $name (include "cryptostream.text" $value) | quote }}
  {{- end }}
env:
  {{- include "cryptostream.database.variable" (list $ "POSTGRES_USER" "owner" "username") | nindent 2 }}
  {{- include "cryptostream.database.variable" (list $ "POSTGRES_PASSWORD" "owner" "password") | nindent 2 }}
  - name: POSTGRES_DB
    value: {{ $database.database }}
  # A folder of its own: a file system's root may hold lost+found.
  - name: PGDATA
    value: /home/postgres/pgdata/data
  # Settings follow from the resources at every start, not from the machine at the first.
  - name: NO_TS_TUNE
    value: "true"
ports:
  - name: postgresql
    containerPort: 5432
# Over the network, on which a server that is still being set up does not listen.
startupProbe:
  {{- include "cryptostream.database.probe" . | nindent 2 }}
  periodSeconds: 2
  timeoutSeconds: 5
  # A crash's log is replayed meanwhile.
  failureThreshold: 900
readinessProbe:
  {{- include "cryptostream.database.probe" . | nindent 2 }}
  periodSeconds: 5
  timeoutSeconds: 5
livenessProbe:
  {{- include "cryptostream.database.probe" . | nindent 2 }}
  periodSeconds: 10
  timeoutSeconds: 10
  failureThreshold: 6
lifecycle:
  preStop:
    exec:
      # On SIGTERM the server would wait until the last client has left.
      command: [sh, -c, 'pg_ctl stop --pgdata="$PGDATA" --mode=fast --wait --timeout=110']
resources:
  {{- toYaml $database.resources | nindent 2 }}
securityContext:
  {{- include "cryptostream.containerSecurityContext" . | nindent 2 }}
volumeMounts:
  - {name: data, mountPath: /home/postgres/pgdata}
  - {name: tmp, mountPath: /tmp}
  - {name: sockets, mountPath: /var/run/postgresql}
  - {name: shared-memory, mountPath: /dev/shm}
  - {name: configuration, mountPath: /etc/cryptostream, readOnly: true}
  {{- if $database.tls.enabled }}
  - {name: tls, mountPath: /etc/cryptostream-tls, readOnly: true}
  {{- end }}
terminationMessagePolicy: FallbackToLogsOnError
{{- end -}}

{{/* Whether the server takes connections. */}}
{{- define "cryptostream.database.probe" -}}
exec:
  command: [sh, -c, 'pg_isready --quiet --host=127.0.0.1 --dbname="$POSTGRES_DB" --username="$POSTGRES_USER"']
{{- end -}}
