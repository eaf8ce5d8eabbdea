{{/* Where PostgreSQL is. */}}
{{- define "goalpost.environment.database" -}}
{{- if .Values.trial.enabled }}
- name: POSTGRES_PASSWORD
  valueFrom:
    secretKeyRef: { name: {{ include "goalpost.trialSecret" . }}, key: postgres-password }
- name: DATABASE_URL
  value: postgres://goalpost:$(POSTGRES_PASSWORD)@{{ include "goalpost.fullname" . }}-postgresql:5432/goalpost
{{- else }}
- name: DATABASE_URL
  valueFrom:
    secretKeyRef: { name: {{ .Values.database.existingSecret }}, key: {{ .Values.database.urlKey }} }
{{- if ne .Values.database.pooler "none" }}
- name: GOALPOST_DATABASE_POOLER
  value: {{ .Values.database.pooler }}
- name: DATABASE_DIRECT_URL
  valueFrom:
    secretKeyRef: { name: {{ .Values.database.existingSecret }}, key: {{ .Values.database.directUrlKey }} }
{{- end }}
{{- if .Values.database.ca.existingSecret }}
- name: GOALPOST_DATABASE_CA
  value: /etc/goalpost/database-ca/{{ .Values.database.ca.key }}
{{- end }}
{{- end }}
{{- end -}}

{{/* Where Redis is. */}}
{{- define "goalpost.environment.redis" -}}
{{- if .Values.trial.enabled }}
- name: REDIS_PASSWORD
  valueFrom:
    secretKeyRef: { name: {{ include "goalpost.trialSecret" . }}, key: redis-password }
- name: REDIS_URL
  value: redis://:$(REDIS_PASSWORD)@{{ include "goalpost.fullname" . }}-redis:6379/0
{{- else }}
- name: REDIS_URL
  valueFrom:
    secretKeyRef: { name: {{ .Values.redis.existingSecret }}, key: {{ .Values.redis.urlKey }} }
{{- if .Values.redis.ca.existingSecret }}
- name: GOALPOST_REDIS_CA
  value: /etc/goalpost/redis-ca/{{ .Values.redis.ca.key }}
{{- end }}
{{- end }}
{{- end -}}

{{/* Who may call, for services that know principals. */}}
{{- define "goalpost.environment.principals" -}}
{{- if .Values.auth.bootstrapKey.existingSecret }}
- name: GOALPOST_BOOTSTRAP_KEY
  valueFrom:
    secretKeyRef: { name: {{ .Values.auth.bootstrapKey.existingSecret }}, key: {{ .Values.auth.bootstrapKey.key }} }
{{- end }}
{{- if .Values.auth.oidc.issuer }}
- name: GOALPOST_OIDC_ISSUER
  value: {{ .Values.auth.oidc.issuer | quote }}
- name: GOALPOST_OIDC_AUDIENCE
  value: {{ .Values.auth.oidc.audience | quote }}
{{- end }}
{{- end -}}

{{/* What only the decision group takes. */}}
{{- define "goalpost.environment.decisionGroup" -}}
{{- $components := include "goalpost.components" . | fromYaml }}
- name: GOALPOST_PLANNER
  value: {{ include "goalpost.address" (merge (dict "root" .) $components.planner) }}
- name: GOALPOST_GRAPH_ENGINE
  value: {{ include "goalpost.address" (merge (dict "root" .) $components.graphEngine) }}
- name: GOALPOST_PERSISTENCE
  value: {{ include "goalpost.address" (merge (dict "root" .) $components.persistence) }}
{{- if .Values.decisionGroup.policies }}
- name: GOALPOST_POLICIES
  value: /etc/goalpost/policies/policies.yaml
{{- end }}
{{- end -}}

{{/* What only the planner takes. */}}
{{- define "goalpost.environment.planner" -}}
{{- $files := ternary .Values.planner.existingCatalogs.files (keys .Values.planner.catalogs | sortAlpha) (ne .Values.planner.existingCatalogs.configMap "") }}
{{- if $files }}
- name: GOALPOST_CATALOG
  value: /etc/goalpost/catalogs/{{ join ",/etc/goalpost/catalogs/" $files }}
{{- end }}
{{- with .Values.planner.llm }}
{{- if .url }}
- name: GOALPOST_LLM_URL
  value: {{ .url | quote }}
- name: GOALPOST_LLM_MODEL
  value: {{ .model | quote }}
- name: GOALPOST_LLM_PROTOCOL
  value: {{ .protocol }}
{{- if .existingSecret }}
- name: GOALPOST_LLM_SECRETS
  value: /etc/goalpost/llm
- name: GOALPOST_LLM_KEY
  value: secret://file/{{ .secretKey }}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{/* What the chart tells a service. */}}
{{- define "goalpost.environment.own" -}}
- name: {{ .listen }}
  value: {{ printf "%s:%v" .root.Values.listenAddress .port | quote }}
- name: GOALPOST_DRAIN_SECONDS
  value: {{ .root.Values.shutdown.drainSeconds | quote }}
- name: GOALPOST_LOG_FORMAT
  value: {{ .root.Values.telemetry.logFormat }}
{{- if .root.Values.metrics.enabled }}
- name: GOALPOST_METRICS_LISTEN
  value: {{ printf "%s:%v" .root.Values.listenAddress .root.Values.metrics.port | quote }}
{{- end }}
{{- with .root.Values.telemetry.otlpEndpoint }}
- name: OTEL_EXPORTER_OTLP_ENDPOINT
  value: {{ . | quote }}
{{- end }}
- name: GOALPOST_AUTH
  value: {{ .root.Values.auth.mode }}
{{- if .root.Values.tls.enabled }}
- name: GOALPOST_TLS_CERT
  value: /etc/goalpost/tls/tls.crt
- name: GOALPOST_TLS_KEY
  value: /etc/goalpost/tls/tls.key
- name: GOALPOST_TLS_CA
  value: /etc/goalpost/tls/ca.crt
{{- end }}
{{- if .principals }}
{{- include "goalpost.environment.principals" .root }}
{{- end }}
{{- if .stores }}
{{- include "goalpost.environment.database" .root }}
- name: GOALPOST_DATABASE_CONNECTIONS
  value: {{ .root.Values.database.connections | quote }}
{{- include "goalpost.environment.redis" .root }}
{{- end }}
{{- if eq .key "decisionGroup" }}
{{- include "goalpost.environment.decisionGroup" .root }}
{{- end }}
{{- if eq .key "planner" }}
{{- include "goalpost.environment.planner" .root }}
{{- end }}
{{- end -}}

{{/* All variables of a service, those of its settings last. */}}
{{- define "goalpost.environment" -}}
{{- $own := include "goalpost.environment.own" . -}}
{{- $own }}
{{- $values := get .root.Values .key }}
{{- range $name, $value := $values.settings }}
{{- if contains (printf "- name: %s\n" $name) $own }}
{{- fail (printf "%s.settings: %s has a value of its own in the chart" $.key $name) }}
{{- end }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end -}}
