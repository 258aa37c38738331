{{- define "granary.name" -}}
{{- printf "%s-granary" .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "granary.labels" -}}
app.kubernetes.io/name: granary
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{/* Whether nothing has to stay in the pod. */}}
{{- define "granary.stateless" -}}
{{- if and .Values.database.existingSecret (or .Values.s3.bucket .Values.azure.container) .Values.keys.existingSecret }}yes{{ end -}}
{{- end -}}

{{- define "granary.pod" -}}
metadata:
  labels:
    {{- include "granary.labels" . | nindent 4 }}
  {{- if .Values.metrics.enabled }}
  annotations:
    prometheus.io/scrape: "true"
    prometheus.io/port: {{ .Values.metrics.port | quote }}
    prometheus.io/path: /metrics
  {{- end }}
spec:
  serviceAccountName: {{ include "granary.name" . }}
  automountServiceAccountToken: false
  # Longer than both of GRANARY_Shutdown__ below.
  terminationGracePeriodSeconds: 40
  {{- with .Values.pullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 1654
    runAsGroup: 1654
    fsGroup: 1654
    seccompProfile: { type: RuntimeDefault }
  {{- if .Values.keys.existingSecret }}
  initContainers:
    # A copy, because the server keeps what it learns about public sources beside the keys.
    - name: keys
      image: "{{ .Values.image.repository }}:{{ .Values.image.tag }}"
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      command: [sh, -ec, "umask 077; mkdir -p /data/keys; cp -L /keys/* /data/keys/"]
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities: { drop: [ALL] }
      volumeMounts:
        - { name: data, mountPath: /data }
        - { name: keys, mountPath: /keys, readOnly: true }
  {{- end }}
  containers:
    - name: granary
      image: "{{ .Values.image.repository }}:{{ .Values.image.tag }}"
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities: { drop: [ALL] }
      ports:
        - { name: http, containerPort: 8080 }
        {{- if .Values.metrics.enabled }}
        - { name: metrics, containerPort: {{ .Values.metrics.port }} }
        {{- end }}
      startupProbe:
        httpGet: { path: /health/ready, port: http }
        periodSeconds: 2
        failureThreshold: 60
      readinessProbe:
        httpGet: { path: /health/ready, port: http }
        periodSeconds: 5
      livenessProbe:
        httpGet: { path: /health/live, port: http }
        periodSeconds: 10
        failureThreshold: 6
      env:
        {{- if .Values.publicUrl }}
        - { name: GRANARY_PublicUrl, value: {{ .Values.publicUrl | quote }} }
        {{- end }}
        - { name: GRANARY_AllowedHosts, value: "{{ include "granary.name" . }};*.svc;*.svc.cluster.local" }
        {{- with .Values.database.existingSecret }}
        - name: GRANARY_Database
          valueFrom: { secretKeyRef: { name: {{ . }}, key: connection } }
        {{- end }}
        {{- with .Values.s3 }}
        {{- if .bucket }}
        - { name: GRANARY_Storage__Kind, value: s3 }
        - { name: GRANARY_Storage__S3__Bucket, value: {{ .bucket | quote }} }
        - { name: GRANARY_Storage__S3__PathStyle, value: {{ .pathStyle | quote }} }
        - { name: GRANARY_Storage__S3__Redirect, value: {{ .redirect | quote }} }
        {{- if .prefix }}
        - { name: GRANARY_Storage__S3__Prefix, value: {{ .prefix | quote }} }
        {{- end }}
        {{- if .serviceUrl }}
        - { name: GRANARY_Storage__S3__ServiceUrl, value: {{ .serviceUrl | quote }} }
        {{- end }}
        {{- if .region }}
        - { name: GRANARY_Storage__S3__Region, value: {{ .region | quote }} }
        {{- end }}
        {{- if .existingSecret }}
        - name: GRANARY_Storage__S3__AccessKey
          valueFrom: { secretKeyRef: { name: {{ .existingSecret }}, key: accessKey } }
        - name: GRANARY_Storage__S3__SecretKey
          valueFrom: { secretKeyRef: { name: {{ .existingSecret }}, key: secretKey } }
        {{- end }}
        {{- end }}
        {{- end }}
        {{- with .Values.azure }}
        {{- if .container }}
        - { name: GRANARY_Storage__Kind, value: azure }
        - { name: GRANARY_Storage__Azure__Container, value: {{ .container | quote }} }
        - { name: GRANARY_Storage__Azure__AccountName, value: {{ .accountName | quote }} }
        - { name: GRANARY_Storage__Azure__Redirect, value: {{ .redirect | quote }} }
        {{- if .prefix }}
        - { name: GRANARY_Storage__Azure__Prefix, value: {{ .prefix | quote }} }
        {{- end }}
        {{- if .serviceUrl }}
        - { name: GRANARY_Storage__Azure__ServiceUrl, value: {{ .serviceUrl | quote }} }
        {{- end }}
        - name: GRANARY_Storage__Azure__AccountKey
          valueFrom: { secretKeyRef: { name: {{ .existingSecret }}, key: accountKey, optional: true } }
        - name: GRANARY_Storage__Azure__SasToken
          valueFrom: { secretKeyRef: { name: {{ .existingSecret }}, key: sasToken, optional: true } }
        {{- end }}
        {{- end }}
        {{- if .Values.metrics.enabled }}
        - { name: GRANARY_Metrics__Urls, value: "http://*:{{ .Values.metrics.port }}" }
        {{- end }}
        # The service forgets the pod before the server stops to take requests.
        - { name: GRANARY_Shutdown__Delay, value: 5s }
        - { name: GRANARY_Shutdown__Limit, value: 25s }
        {{- range $key, $value := .Values.settings }}
        - { name: GRANARY_{{ $key }}, value: {{ $value | quote }} }
        {{- end }}
      resources:
        {{- toYaml .Values.resources | nindent 8 }}
      volumeMounts:
        - { name: data, mountPath: /data }
        - { name: tmp, mountPath: /tmp }
  volumes:
    - { name: tmp, emptyDir: {} }
    {{- if include "granary.stateless" . }}
    - { name: data, emptyDir: {} }
    {{- end }}
    {{- with .Values.keys.existingSecret }}
    - { name: keys, secret: { secretName: {{ . }}, defaultMode: 0440 } }
    {{- end }}
  {{- with .Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}
