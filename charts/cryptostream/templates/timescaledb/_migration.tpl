{{/* The Job that brings the schema up to date and makes the logins, without its metadata. */}}
{{- define "cryptostream.migration.spec" -}}
{{- $database := .Values.timescaledb -}}
{{- $migrate := include "cryptostream.migration.migrate" . -}}
# It waits for the database itself; what then still fails, such as a wrong password, is told at once.
backoffLimit: 1
activeDeadlineSeconds: {{ $database.migrations.deadlineSeconds }}
template:
  metadata:
    labels:
      {{- include "cryptostream.podLabels" (list $ "migration") | nindent 6 }}
  spec:
    restartPolicy: Never
    automountServiceAccountToken: false
    enableServiceLinks: false
    securityContext:
      {{- include "cryptostream.podSecurityContext" 10001 | nindent 6 }}
    {{- with include "cryptostream.podPlacement" (list $ $database.migrations) }}
    {{- . | nindent 4 }}
    {{- end }}
    {{- if $database.logins.enabled }}
    initContainers:
      {{- $migrate | nindent 6 }}
    containers:
      {{- include "cryptostream.migration.logins" . | nindent 6 }}
    {{- else }}
    containers:
      {{- $migrate | nindent 6 }}
    {{- end }}
    volumes:
      - name: tmp
        emptyDir: {}
      {{- with include "cryptostream.database.authorityVolume" . }}
      {{- . | nindent 6 }}
      {{- end }}
{{- end -}}

{{- define "cryptostream.migration.migrate" -}}
{{- $database := .Values.timescaledb -}}
- name: migrate
  command: [cryptostream, migrate]
  env:
    {{- include "cryptostream.migration.environment" . | nindent 4 }}
    - name: CRYPTOSTREAM_DATABASE_FLAVOUR
      value: {{ $database.migrations.flavour }}
    {{- range $what, $kept := $database.retention }}
    - name: CRYPTOSTREAM_{{ upper $what }}_RETENTION
      value: {{ $kept | quote }}
    {{- end }}
  {{- include "cryptostream.migration.container" . | nindent 2 }}
{{- end -}}

{{- define "cryptostream.migration.logins" -}}
- name: logins
  command: [cryptostream, logins]
  env:
    {{- include "cryptostream.migration.environment" . | nindent 4 }}
    {{- range $login := list "writer" "reader" }}
    {{- include "cryptostream.database.variable" (list $ (printf "CRYPTOSTREAM_%s_LOGIN" (upper $login)) $login "username") | nindent 4 }}
    {{- include "cryptostream.database.variable" (list $ (printf "CRYPTOSTREAM_%s_PASSWORD" (upper $login)) $login "password") | nindent 4 }}
    {{- end }}
  {{- include "cryptostream.migration.container" . | nindent 2 }}
{{- end -}}

{{/* How to reach the database as its owner. libpq takes the login from the environment, so it needs no encoding. */}}
{{- define "cryptostream.migration.environment" -}}
- name: CRYPTOSTREAM_DATABASE_URL
  value: {{ include "cryptostream.database.url" . | quote }}
{{ include "cryptostream.database.variable" (list $ "PGUSER" "owner" "username") }}
{{ include "cryptostream.database.variable" (list $ "PGPASSWORD" "owner" "password") }}
- name: CRYPTOSTREAM_DATABASE_PATIENCE
  value: {{ .Values.timescaledb.migrations.patience }}
{{- with include "cryptostream.database.authorityVariable" . }}
{{ . }}
{{- end }}
{{- end -}}

{{- define "cryptostream.migration.container" -}}
image: {{ include "cryptostream.image" (list $ "job") }}
imagePullPolicy: {{ .Values.images.pullPolicy }}
resources:
  {{- toYaml .Values.timescaledb.migrations.resources | nindent 2 }}
securityContext:
  {{- include "cryptostream.containerSecurityContext" . | nindent 2 }}
volumeMounts:
  - {name: tmp, mountPath: /tmp}
  {{- with include "cryptostream.database.authorityMount" . }}
  {{- . | nindent 2 }}
  {{- end }}
terminationMessagePolicy: FallbackToLogsOnError
{{- end -}}

{{/* "yes" when this upgrade brings the database, or a login's Secret, that a migration needs. */}}
{{- define "cryptostream.migration.brought" -}}
{{- $database := .Values.timescaledb -}}
{{- $brought := false -}}
{{- if and .Release.IsUpgrade $database.migrations.enabled -}}
{{- $name := include "cryptostream.database.name" . -}}
{{- if eq $database.mode "statefulset" -}}
{{- $brought = empty (lookup "apps/v1" "StatefulSet" .Release.Namespace $name) -}}
{{- else if and (eq $database.mode "cnpg") (.Capabilities.APIVersions.Has "postgresql.cnpg.io/v1/Cluster") -}}
{{- $brought = empty (lookup "postgresql.cnpg.io/v1" "Cluster" .Release.Namespace $name) -}}
{{- end -}}
{{- range $login := list "owner" "writer" "reader" -}}
{{- $brought = or $brought (empty (lookup "v1" "Secret" $.Release.Namespace (include "cryptostream.database.secret" (list $ $login)))) -}}
{{- end -}}
{{- end -}}
{{- if $brought -}}yes{{- end -}}
{{- end -}}

{{/*
When the hook runs: after an installation, which brings the database; before an upgrade, so that new parts find the
schema that they need and a migration that fails leaves the old ones running. Where the upgrade itself brings the
database or a login's Secret, after it. Call: what cryptostream.migration.brought says
*/}}
{{- define "cryptostream.migration.moment" -}}
{{- empty . | ternary "post-install,pre-upgrade" "post-install,post-upgrade" -}}
{{- end -}}

{{/*
Name of the Job beside the hook; empty when none is needed. A Job is immutable, so each upgrade has another.
Call: (dict "root" $ "brought" "what cryptostream.migration.brought says")
*/}}
{{- define "cryptostream.migration.besideName" -}}
{{- $root := .root -}}
{{- if and $root.Values.timescaledb.migrations.enabled $root.Values.streams -}}
{{- if $root.Release.IsInstall -}}
{{- include "cryptostream.componentName" (list $root "first-migration") -}}
{{- else if .brought -}}
{{- include "cryptostream.componentName" (list $root (printf "migration-%v" $root.Release.Revision)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
