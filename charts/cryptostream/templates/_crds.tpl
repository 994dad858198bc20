{{/*
Who installs the CRD, which outlives releases: "us", or "other" for a release that stands in the cluster beside this one.
Stops with the way out when it belongs to nobody who is there: Helm takes nothing over by itself.
*/}}
{{- define "cryptostream.crdKeeper" -}}
{{- $name := "cryptostreams.cryptostream.io" -}}
{{- $crd := lookup "apiextensions.k8s.io/v1" "CustomResourceDefinition" "" $name -}}
{{- if not $crd -}}
us
{{- else -}}
{{- $annotations := $crd.metadata.annotations | default dict -}}
{{- $release := index $annotations "meta.helm.sh/release-name" | default "" -}}
{{- $namespace := index $annotations "meta.helm.sh/release-namespace" | default "" -}}
{{- if and (eq $release .Release.Name) (eq $namespace .Release.Namespace) -}}
us
{{- else if and $release (include "cryptostream.operatorOf" (list $release $namespace)) -}}
other
{{- else -}}
{{- $from := ne $release "" | ternary (printf "was left by release %s in namespace %s, which is gone" $release $namespace) "was not installed by Helm" -}}
{{- fail (printf "\n\nThe CustomResourceDefinition %[1]s %[2]s. Hand it to this release:\n\n  kubectl label crd %[1]s --overwrite app.kubernetes.io/managed-by=Helm\n  kubectl annotate crd %[1]s --overwrite meta.helm.sh/release-name=%[3]s meta.helm.sh/release-namespace=%[4]s\n\nand run Helm again (Helm 4 once with --force-conflicts, if it says so), or leave it to whoever manages it with --set crds.install=false. CryptoStreams stay as they are either way.\n" $name $from .Release.Name .Release.Namespace) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The name of a release's operator where there is one. Call: (list "release" "namespace") */}}
{{- define "cryptostream.operatorOf" -}}
{{- $release := index . 0 -}}
{{- range (lookup "apps/v1" "Deployment" (index . 1) "").items -}}
{{- $labels := .metadata.labels | default dict -}}
{{- if and (eq (index $labels "app.kubernetes.io/instance" | default "") $release) (eq (index $labels "app.kubernetes.io/part-of" | default "") "cryptostream") (eq (index $labels "app.kubernetes.io/component" | default "") "operator") -}}
{{- .metadata.name -}}
{{- end -}}
{{- end -}}
{{- end -}}
