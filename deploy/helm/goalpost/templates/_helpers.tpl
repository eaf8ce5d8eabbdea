{{/* The beginning of all names. */}}
{{- define "goalpost.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* What selects the pods of one component: (dict "root" $ "name" "planner"). */}}
{{- define "goalpost.selector" -}}
app.kubernetes.io/name: {{ default .root.Chart.Name .root.Values.nameOverride }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .name }}
{{- end -}}

{{/* The labels of everything of one component. */}}
{{- define "goalpost.labels" -}}
{{ include "goalpost.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: goalpost
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Name, namespace and labels of an object of one component. */}}
{{- define "goalpost.metadata" -}}
name: {{ include "goalpost.fullname" .root }}-{{ default .name .object }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "goalpost.labels" . | nindent 2 }}
{{- end -}}

{{/* An image of Goalpost. */}}
{{- define "goalpost.image" -}}
{{ .root.Values.image.repository }}/{{ .name }}:{{ default .root.Chart.AppVersion .root.Values.image.tag }}
{{- end -}}

{{/* The address of a service. */}}
{{- define "goalpost.address" -}}
{{ ternary "https" "http" .root.Values.tls.enabled }}://{{ include "goalpost.fullname" .root }}-{{ .name }}:{{ .port }}
{{- end -}}

{{- define "goalpost.tlsSecret" -}}
{{- $values := get .root.Values .key -}}
{{ default (printf "%s-%s-tls" (include "goalpost.fullname" .root) .name) $values.tls.secretName }}
{{- end -}}

{{/* The Secret with the trial's passwords. */}}
{{- define "goalpost.trialSecret" -}}
{{ default (printf "%s-trial" (include "goalpost.fullname" .)) .Values.trial.existingSecret }}
{{- end -}}

{{/* Values that do not go together. */}}
{{- define "goalpost.check" -}}
{{- if and (eq .Values.auth.mode "required") (not .Values.tls.enabled) -}}
{{- fail "auth.mode=required needs tls.enabled: services know each other by their certificates. For a trial: auth.mode=open" -}}
{{- end -}}
{{- if and .Values.keda.enabled .Values.decisionGroup.autoscaling.enabled -}}
{{- fail "keda.enabled and decisionGroup.autoscaling.enabled would both scale the decision group; choose one" -}}
{{- end -}}
{{- if and .Values.keda.enabled (not .Values.keda.address) -}}
{{- fail "keda.enabled needs keda.address: host:port of Redis" -}}
{{- end -}}
{{- if and .Values.planner.llm.url (not .Values.planner.llm.model) -}}
{{- fail "planner.llm.url needs planner.llm.model" -}}
{{- end -}}
{{- end -}}
