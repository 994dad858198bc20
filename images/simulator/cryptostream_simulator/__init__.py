"""An exchange that speaks a real one's protocol: WebSocket streams, REST and faults on demand, from a seed or a
recording.

One port serves everything. The tape (what was traded) is the truth and is never changed by faults.
"""
