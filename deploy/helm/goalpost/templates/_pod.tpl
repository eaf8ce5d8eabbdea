{{/* What every container may do: nothing. */}}
{{- define "goalpost.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end -}}

{{/* The user of every pod of Goalpost: that of its images. */}}
{{- define "goalpost.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
fsGroupChangePolicy: OnRootMismatch
seccompProfile: { type: RuntimeDefault }
{{- end -}}

{{/* Where pods run. */}}
{{- define "goalpost.placement" -}}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end -}}

{{/* The replicas of one service are spread over zones and nodes, as far as there are any. */}}
{{- define "goalpost.spread" -}}
affinity:
  podAntiAffinity:
    preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 100
        podAffinityTerm:
          topologyKey: kubernetes.io/hostname
          labelSelector:
            matchLabels:
              {{- include "goalpost.selector" . | nindent 14 }}
topologySpreadConstraints:
  {{- range $key := list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - maxSkew: 1
    topologyKey: {{ $key }}
    whenUnsatisfiable: ScheduleAnyway
    # Those of one release of the service among themselves: in a rollout the old ones do not count.
    matchLabelKeys: [pod-template-hash]
    labelSelector:
      matchLabels:
        {{- include "goalpost.selector" $ | nindent 8 }}
  {{- end }}
{{- end -}}

{{/*
Readiness asks the health of the service, which says no while a store is away. Liveness does not: a restart brings no store
back, and costs the workers of an engine their stream. It asks the planner, which has no store, for its health, and the
others whether they listen.
*/}}
{{- define "goalpost.probes" -}}
{{- $probes := .root.Values.probes -}}
startupProbe:
  tcpSocket: { port: grpc }
  periodSeconds: 1
  failureThreshold: {{ $probes.startupSeconds }}
readinessProbe:
  {{- include "goalpost.health" . | nindent 2 }}
  {{- include "goalpost.pace" $probes | nindent 2 }}
livenessProbe:
  {{- if .stores }}
  tcpSocket: { port: grpc }
  {{- else }}
  {{- include "goalpost.health" . | nindent 2 }}
  {{- end }}
  {{- include "goalpost.pace" $probes | nindent 2 }}
{{- end -}}

{{- define "goalpost.pace" -}}
periodSeconds: {{ .periodSeconds }}
timeoutSeconds: {{ .timeoutSeconds }}
failureThreshold: {{ .failureThreshold }}
{{- end -}}

{{- define "goalpost.health" -}}
{{- if .root.Values.tls.enabled -}}
exec:
  command:
    - /grpc_health_probe
    - -addr=localhost:{{ .port }}
    - -service={{ .service }}
    - -tls
    - -tls-ca-cert=/etc/goalpost/tls/ca.crt
    - -tls-server-name={{ include "goalpost.fullname" .root }}-{{ .name }}
    - -connect-timeout=2s
    - -rpc-timeout=2s
{{- else -}}
grpc: { port: {{ .port }}, service: {{ .service }} }
{{- end -}}
{{- end -}}

{{/* Files of a service: where they are mounted. */}}
{{- define "goalpost.mounts" -}}
{{- $values := .root.Values -}}
{{- if $values.tls.enabled }}
- { name: tls, mountPath: /etc/goalpost/tls, readOnly: true }
{{- end }}
{{- if .stores }}
{{- include "goalpost.mounts.stores" .root }}
{{- end }}
{{- if and (eq .key "decisionGroup") $values.decisionGroup.policies }}
- { name: policies, mountPath: /etc/goalpost/policies, readOnly: true }
{{- end }}
{{- if eq .key "planner" }}
{{- if or $values.planner.catalogs $values.planner.existingCatalogs.configMap }}
- { name: catalogs, mountPath: /etc/goalpost/catalogs, readOnly: true }
{{- end }}
{{- if and $values.planner.llm.url $values.planner.llm.existingSecret }}
- { name: llm, mountPath: /etc/goalpost/llm, readOnly: true }
{{- end }}
{{- end }}
{{- end -}}

{{- define "goalpost.mounts.stores" -}}
{{- if not .Values.trial.enabled }}
{{- if .Values.database.ca.existingSecret }}
- { name: database-ca, mountPath: /etc/goalpost/database-ca, readOnly: true }
{{- end }}
{{- if .Values.redis.ca.existingSecret }}
- { name: redis-ca, mountPath: /etc/goalpost/redis-ca, readOnly: true }
{{- end }}
{{- end }}
{{- end -}}

{{/* Files of a service: where they come from. */}}
{{- define "goalpost.volumes" -}}
{{- $values := .root.Values -}}
{{- $fullname := include "goalpost.fullname" .root -}}
{{- if $values.tls.enabled }}
- name: tls
  secret: { secretName: {{ include "goalpost.tlsSecret" . }}, defaultMode: 0440 }
{{- end }}
{{- if .stores }}
{{- include "goalpost.volumes.stores" .root }}
{{- end }}
{{- if and (eq .key "decisionGroup") $values.decisionGroup.policies }}
- name: policies
  configMap: { name: {{ $fullname }}-policies }
{{- end }}
{{- if eq .key "planner" }}
{{- if or $values.planner.catalogs $values.planner.existingCatalogs.configMap }}
- name: catalogs
  configMap: { name: {{ default (printf "%s-catalogs" $fullname) $values.planner.existingCatalogs.configMap }} }
{{- end }}
{{- if and $values.planner.llm.url $values.planner.llm.existingSecret }}
- name: llm
  secret: { secretName: {{ $values.planner.llm.existingSecret }}, defaultMode: 0440 }
{{- end }}
{{- end }}
{{- end -}}

{{- define "goalpost.volumes.stores" -}}
{{- if not .Values.trial.enabled }}
{{- with .Values.database.ca.existingSecret }}
- name: database-ca
  secret: { secretName: {{ . }}, defaultMode: 0440 }
{{- end }}
{{- with .Values.redis.ca.existingSecret }}
- name: redis-ca
  secret: { secretName: {{ . }}, defaultMode: 0440 }
{{- end }}
{{- end }}
{{- end -}}
