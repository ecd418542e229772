/** Pods whose lives are looked at: a web server with four replicas, and a pod that asks it without end and counts. */
export const WORKLOAD = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 4
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web, watched: "yes" } }
    spec:
      terminationGracePeriodSeconds: 0
      containers:
        - name: web
          image: busybox:1
          command: ["sh", "-c", "mkdir -p /www; hostname > /www/index.html; exec busybox httpd -f -p 80 -h /www"]
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  selector: { app: web }
  ports: [{ port: 80 }]
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: traffic }
spec:
  replicas: 1
  selector: { matchLabels: { app: traffic } }
  template:
    metadata: { labels: { app: traffic, watched: "yes" } }
    spec:
      terminationGracePeriodSeconds: 0
      containers:
        - name: traffic
          image: busybox:1
          command: ["sh", "-c", "touch /tmp/failed; while true; do timeout 3 wget -q -O /dev/null http://$WEB_SERVICE_HOST || echo -n x >> /tmp/failed; sleep 0.2; done"]
`;
