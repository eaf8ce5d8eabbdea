{{/*
The services: their values' key, their name (of image, Service and certificate), their port, what their health answers
for, the variable with the address to listen on, whether they know the stores, whether they know principals, and who may
call them: other services, and a list of networkPolicy.
*/}}
{{- define "goalpost.components" -}}
decisionGroup:
  name: decision-group
  port: 50051
  service: goalpost.v1.CentralDecisionGroup
  listen: GOALPOST_DECISION_GROUP_LISTEN
  stores: true
  principals: true
  calledBy: []
  outsiders: callers
planner:
  name: planner
  port: 50052
  service: goalpost.v1.Planner
  listen: GOALPOST_PLANNER_LISTEN
  stores: false
  principals: false
  calledBy: [decision-group]
  outsiders: ""
graphEngine:
  name: graph-engine
  port: 50053
  service: goalpost.v1.GraphEngine
  listen: GOALPOST_GRAPH_ENGINE_LISTEN
  stores: true
  principals: true
  calledBy: [decision-group]
  outsiders: workers
persistence:
  name: persistence
  port: 50054
  service: goalpost.v1.Persistence
  listen: GOALPOST_PERSISTENCE_LISTEN
  stores: true
  principals: true
  calledBy: [decision-group]
  outsiders: operators
{{- end -}}
