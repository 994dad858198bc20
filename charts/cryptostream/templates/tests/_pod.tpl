{{/* A pod that runs a script of files/helm-tests. Call: (dict "root" $ "name" "grafana" "image" "operator" "env" $list "token" false "database" false) */}}
{{- define "cryptostream.test.pod" -}}
{{- $root := .root -}}
apiVersion: v1
kind: Pod
metadata:
  name: {{ include "cryptostream.componentName" (list $root (printf "test-%s" .name)) }}
  namespace: {{ $root.Release.Namespace | quote }}
  labels:
    {{- include "cryptostream.labels" (list $root "tests") | nindent 4 }}
  annotations:
    helm.sh/hook: test
    # One that failed stays to be looked at.
    helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
spec:
  restartPolicy: Never
  {{- if .token }}
  # What the operator may not see, it cannot look after.
  serviceAccountName: {{ include "cryptostream.operator.serviceAccount" $root }}
  {{- end }}
  automountServiceAccountToken: {{ .token }}
  enableServiceLinks: false
  securityContext:
    {{- include "cryptostream.podSecurityContext" 10001 | nindent 4 }}
  {{- with include "cryptostream.podPlacement" (list $root (pick $root.Values.operator "nodeSelector" "tolerations")) }}
  {{- . | nindent 2 }}
  {{- end }}
  containers:
    - name: test
      image: {{ include "cryptostream.image" (list $root .image) }}
      imagePullPolicy: {{ $root.Values.images.pullPolicy }}
      command: [python, -c]
      args:
        - |
          {{- $root.Files.Get (printf "files/helm-tests/%s.py" .name) | nindent 10 }}
      env:
        {{- toYaml .env | nindent 8 }}
        {{- with .database | ternary (include "cryptostream.database.authorityVariable" $root) "" }}
        {{- . | nindent 8 }}
        {{- end }}
      {{- with $root.Values.tests.resources }}
      resources:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      securityContext:
        {{- include "cryptostream.containerSecurityContext" . | nindent 8 }}
      volumeMounts:
        - name: tmp
          mountPath: /tmp
        {{- with .database | ternary (include "cryptostream.database.authorityMount" $root) "" }}
        {{- . | nindent 8 }}
        {{- end }}
  volumes:
    - name: tmp
      emptyDir: {}
    {{- with .database | ternary (include "cryptostream.database.authorityVolume" $root) "" }}
    {{- . | nindent 4 }}
    {{- end }}
{{- end -}}
