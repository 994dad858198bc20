{{/* What names of objects begin with: the release's name, with the chart's where it does not hold that. */}}
{{- define "cryptostream.fullname" -}}
{{- $chart := default .Chart.Name .Values.nameOverride -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else if contains $chart .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $chart | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* Name of a component's objects. Call: include "cryptostream.componentName" (list $ "operator") */}}
{{- define "cryptostream.componentName" -}}
{{- printf "%s-%s" (include "cryptostream.fullname" (index . 0)) (index . 1) | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* Name of a component's objects that have no namespace: releases of the same name may stand in several. */}}
{{- define "cryptostream.clusterName" -}}
{{- $root := index . 0 -}}
{{- printf "%s-%s" $root.Release.Namespace (include "cryptostream.componentName" .) -}}
{{- end -}}

{{/* Name of the operator's service account. */}}
{{- define "cryptostream.operator.serviceAccount" -}}
{{- $account := .Values.operator.serviceAccount -}}
{{- if not (or $account.create $account.name) -}}
{{- fail "\n\noperator.serviceAccount.create is off: say which one the operator has with operator.serviceAccount.name.\n" -}}
{{- end -}}
{{- default (include "cryptostream.componentName" (list . "operator")) $account.name -}}
{{- end -}}
