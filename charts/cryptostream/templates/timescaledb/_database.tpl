{{/* Name of the objects of the database that the release runs. */}}
{{- define "cryptostream.database.name" -}}
{{- include "cryptostream.componentName" (list . "timescaledb") -}}
{{- end -}}

{{/* Host of the database, good from every namespace. */}}
{{- define "cryptostream.database.host" -}}
{{- $database := .Values.timescaledb -}}
{{- if eq $database.mode "external" -}}
{{- required "\n\ntimescaledb.mode is external: say where the database is with timescaledb.external.host.\n" $database.external.host -}}
{{- else if eq $database.mode "cnpg" -}}
{{- printf "%s-rw.%s.svc" (include "cryptostream.database.name" .) .Release.Namespace -}}
{{- else -}}
{{- printf "%s.%s.svc" (include "cryptostream.database.name" .) .Release.Namespace -}}
{{- end -}}
{{- end -}}

{{- define "cryptostream.database.port" -}}
{{- ternary .Values.timescaledb.external.port 5432 (eq .Values.timescaledb.mode "external") -}}
{{- end -}}

{{/* How clients encrypt, in libpq's words. */}}
{{- define "cryptostream.database.sslmode" -}}
{{- $database := .Values.timescaledb -}}
{{- if eq $database.mode "external" -}}
{{- $database.external.sslmode -}}
{{- else if or (eq $database.mode "cnpg") $database.tls.enabled -}}
require
{{- else -}}
disable
{{- end -}}
{{- end -}}

{{/* libpq URL without a login. */}}
{{- define "cryptostream.database.url" -}}
{{- printf "postgresql://%s" (include "cryptostream.database.place" .) -}}
{{- end -}}

{{/* What follows the login in a libpq URL. */}}
{{- define "cryptostream.database.place" -}}
{{- $sslmode := include "cryptostream.database.sslmode" . -}}
{{- printf "%s:%v/%s?sslmode=%s" (include "cryptostream.database.host" .) (include "cryptostream.database.port" .) .Values.timescaledb.database $sslmode -}}
{{- if and (hasPrefix "verify-" $sslmode) (not (include "cryptostream.database.authority" .)) -}}
{{/* libpq looks into the user's home by default. */}}
{{- printf "&sslrootcert=%s" .Values.timescaledb.external.sslrootcert -}}
{{- end -}}
{{- end -}}

{{/* Name of the Secret that holds a login. Call: (list $ "owner"), "writer" or "reader" */}}
{{- define "cryptostream.database.secret" -}}
{{- $root := index . 0 -}}
{{- $login := index . 1 -}}
{{- $given := (index $root.Values.timescaledb $login).existingSecret -}}
{{- if $given -}}
{{- $given -}}
{{- else if and (eq $login "owner") (eq $root.Values.timescaledb.mode "external") -}}
{{- fail "\n\ntimescaledb.mode is external: name the Secret with the owner's username and password with timescaledb.owner.existingSecret,\nor set timescaledb.migrations.enabled=false where somebody else runs `cryptostream migrate`.\n" -}}
{{- else if eq $login "writer" -}}
cryptostream-database
{{- else -}}
{{- include "cryptostream.componentName" (list $root (printf "database-%s" $login)) -}}
{{- end -}}
{{- end -}}

{{/* Environment variable from a login's Secret. Call: (list $ "PGUSER" "owner" "username") */}}
{{- define "cryptostream.database.variable" -}}
- name: {{ index . 1 }}
  valueFrom:
    secretKeyRef:
      name: {{ include "cryptostream.database.secret" (list (index . 0) (index . 2)) }}
      key: {{ index . 3 }}
{{- end -}}
