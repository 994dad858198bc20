{{/* A quantity of memory in MiB, rounded down. Call: "1536Mi" */}}
{{- define "cryptostream.mebibytes" -}}
{{- $text := include "cryptostream.text" . -}}
{{- $number := regexFind "^[0-9.]+" $text | float64 -}}
{{- $units := dict "" 1.0 "k" 1e3 "Ki" 1024.0 "M" 1e6 "Mi" 1048576.0 "G" 1e9 "Gi" 1073741824.0 "T" 1e12 "Ti" 1099511627776.0 -}}
{{- $unit := regexFind "[a-zA-Z]*$" $text -}}
{{- if not (hasKey $units $unit) -}}
{{- fail (printf "\n\n%s is no quantity of memory: write 512Mi or 2Gi.\n" $text) -}}
{{- end -}}
{{- divf (mulf $number (get $units $unit)) 1048576.0 | floor | int -}}
{{- end -}}

{{/* PostgreSQL's settings that follow from the container's memory, and the user's, which win. */}}
{{- define "cryptostream.database.parameters" -}}
{{- $database := .Values.timescaledb -}}
{{- $resources := merge dict (default dict $database.resources.limits) (default dict $database.resources.requests) -}}
{{- $memory := include "cryptostream.mebibytes" (default "1Gi" $resources.memory) | int -}}
{{- $connections := int $database.maxConnections -}}
max_connections: {{ $connections }}
shared_buffers: {{ max 64 (div $memory 4) }}MB
effective_cache_size: {{ max 128 (div (mul $memory 3) 4) }}MB
maintenance_work_mem: {{ max 32 (min 1024 (div $memory 16)) }}MB
work_mem: {{ max 2 (div (div $memory 4) $connections) }}MB
max_wal_size: {{ max 256 (min 4096 $memory) }}MB
wal_compression: "on"
random_page_cost: "1.1"
max_worker_processes: 20
timescaledb.max_background_workers: 8
timescaledb.telemetry_level: "off"
password_encryption: scram-sha-256
{{- end -}}
