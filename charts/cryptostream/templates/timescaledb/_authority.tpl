{{/* Name of the Secret with the external database's private authority; empty where there is none. */}}
{{- define "cryptostream.database.authority" -}}
{{- $external := .Values.timescaledb.external -}}
{{- if and (eq .Values.timescaledb.mode "external") $external.authoritySecret.name -}}
{{- if not (hasPrefix "verify-" $external.sslmode) -}}
{{- fail (printf "\n\ntimescaledb.external.authoritySecret is given, but with sslmode %s nobody looks at it: set timescaledb.external.sslmode to\nverify-full or verify-ca, or leave it out.\n" $external.sslmode) -}}
{{- end -}}
{{- $external.authoritySecret.name -}}
{{- end -}}
{{- end -}}

{{/* Where it is mounted, by the operator into the pods of streams, too. */}}
{{- define "cryptostream.database.authorityFile" -}}
/etc/cryptostream/database/ca.crt
{{- end -}}

{{/* How libpq is told of it, as an item of env. */}}
{{- define "cryptostream.database.authorityVariable" -}}
{{- if include "cryptostream.database.authority" . -}}
- name: PGSSLROOTCERT
  value: {{ include "cryptostream.database.authorityFile" . }}
{{- end -}}
{{- end -}}

{{/* An item of volumeMounts. */}}
{{- define "cryptostream.database.authorityMount" -}}
{{- if include "cryptostream.database.authority" . -}}
- {name: database-authority, mountPath: {{ include "cryptostream.database.authorityFile" . | dir }}, readOnly: true}
{{- end -}}
{{- end -}}

{{/* An item of volumes. */}}
{{- define "cryptostream.database.authorityVolume" -}}
{{- with include "cryptostream.database.authority" . -}}
- name: database-authority
  secret:
    secretName: {{ . }}
    items: [{key: {{ $.Values.timescaledb.external.authoritySecret.key }}, path: ca.crt}]
{{- end -}}
{{- end -}}
