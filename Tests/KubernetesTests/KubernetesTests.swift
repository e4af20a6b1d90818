import Foundation
import HostSystem
import LabSupport
import TestSupport
import Testing

/// Kubernetes' own servers in the lab of eleven machines. In order: each test takes the cluster as the one before left it.
@Suite("Kubernetes in the lab", .serialized, .serversGiven, .kubernetes)
struct KubernetesTests {
    let lab = Lab.current
    let cluster = Cluster(lab: Lab.current)

    /// Three pods, one a worker; each answers with its name.
    private static let web = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: { name: web }
        spec:
          replicas: 3
          selector: { matchLabels: { app: web } }
          template:
            metadata: { labels: { app: web } }
            spec:
              terminationGracePeriodSeconds: 1
              topologySpreadConstraints:
                - maxSkew: 1
                  topologyKey: kubernetes.io/hostname
                  whenUnsatisfiable: DoNotSchedule
                  labelSelector: { matchLabels: { app: web } }
              containers:
                - name: web
                  image: \(TestImage.reference)
                  imagePullPolicy: Never
                  command: [sh, -c, "mkdir /tmp/www; hostname >/tmp/www/index.html; echo serving; exec httpd -f -p 8080 -h /tmp/www"]
                  readinessProbe: { httpGet: { path: /, port: 8080 }, periodSeconds: 1 }
        ---
        apiVersion: v1
        kind: Service
        metadata: { name: web }
        spec:
          selector: { app: web }
          ports: [{ port: 80, targetPort: 8080 }]
        """

    /// A pod that sleeps, on a worker of choice, with a Secret.
    private static func sleeper(_ name: String, on worker: String, secret: String) -> String {
        """
        apiVersion: v1
        kind: Secret
        metadata: { name: \(secret) }
        stringData: { word: open-sesame }
        ---
        apiVersion: v1
        kind: Pod
        metadata: { name: \(name) }
        spec:
          nodeName: \(worker)
          terminationGracePeriodSeconds: 1
          containers:
            - name: main
              image: \(TestImage.reference)
              imagePullPolicy: Never
              command: [sleep, "100000"]
              volumeMounts: [{ name: secret, mountPath: /secret }]
          volumes: [{ name: secret, secret: { secretName: \(secret) } }]

        """
    }

    private func isRunning(_ pod: String) throws -> Bool {
        try cluster.kubectl(["get", "pod", pod, "-o", "jsonpath={.status.phase}"]).output == "Running"
    }

    /// The deployment's pods that are ready.
    private func webPods() throws -> [(name: String, node: String)] {
        let columns =
            #"{.metadata.name} {.spec.nodeName} {.status.conditions[?(@.type=="Ready")].status} {.metadata.deletionTimestamp}"#
        let lines = try cluster.require(
            "get", "pods", "--selector=app=web", "-o", "jsonpath={range .items[*]}\(columns){\"\\n\"}{end}")
        var pods: [(name: String, node: String)] = []
        for line in lines.split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            if words.count == 3, words[2] == "True" { pods.append((words[0], words[1])) }
        }
        return pods
    }

    /// Whether all three pods answer requests to the service that `ask` makes.
    private func allAnswer(_ ask: () throws -> String) throws -> Bool {
        var names: Set<String> = []
        for _ in 0..<30 {
            for line in try ask().split(separator: "\n") where line.hasPrefix("web-") { names.insert(String(line)) }
            if names.count == 3 { return true }
        }
        return false
    }

    @Test("a deployment of three is on three workers, and its service reaches all of them from pods and from a node")
    func deployment() throws {
        try cluster.apply(Self.web)
        try cluster.apply(Self.sleeper("one", on: "worker-1", secret: "mine"))
        try cluster.apply(Self.sleeper("two", on: "worker-2", secret: "theirs"))
        let begin = Date()
        try cluster.await("a deployment of 3 until it is ready", since: begin, within: 60) {
            Set(try webPods().map(\.node)) == Set(Cluster.workers)
        }
        #expect(try lab.eventually(within: 30) { try isRunning("one") && isRunning("two") })
        let loop = "for i in 1 2 3 4 5 6 7 8; do wget -q -T 2 -O - http://web/; done"
        for pod in ["one", "two"] {
            #expect(try allAnswer { try cluster.inPod(pod, "sh", "-c", loop).output }, "from \(pod), by name")
        }
        let address = try cluster.require("get", "service", "web", "-o", "jsonpath={.spec.clusterIP}")
        let get =
            "import urllib.request as u\nfor _ in range(8): print(u.urlopen('http://\(address)/', timeout=2).read().decode(), end='')"
        #expect(try allAnswer { try lab.inside("worker-3", "python3", "-c", get).output }, "from a node")
    }

    @Test("DNS answers by name: a service of this name space, one of another, the API")
    func names() throws {
        for name in [
            "web", "web.default.svc.cluster.local", "kube-dns.kube-system", "kubernetes.default.svc.cluster.local",
        ] {
            let answer = try cluster.inPod("one", "sh", "-c", "wget -q -T 3 -O /dev/null http://\(name):1/ 2>&1")
            #expect(!answer.output.contains("bad address"), "\(name): \(answer.output)\(answer.errors)")
        }
        let unknown = try cluster.inPod("one", "sh", "-c", "wget -q -T 3 -O /dev/null http://nobody.default:1/ 2>&1")
        #expect(unknown.output.contains("bad address"))
        let full = try cluster.inPod("one", "nslookup", "kubernetes.default.svc.cluster.local")
        #expect(full.output.contains("10.96.0.1"), "\(full)")
    }

    @Test("logs, exec and port-forward go through the API to the kubelets")
    func kubelets() throws {
        for pod in try webPods() {
            #expect(try cluster.require("logs", pod.name) == "serving\n")
            #expect(try cluster.inPod(pod.name, "hostname").output == pod.name + "\n")
        }
        #expect(try cluster.inPod("one", "cat", "/secret/word").output == "open-sesame")
        let forward = """
            kubectl port-forward deployment/web 18080:8080 >/dev/null & process=$!
            for i in $(seq 50); do
              python3 -c "import urllib.request as u; print(u.urlopen('http://127.0.0.1:18080/', timeout=2).read().decode(), end='')" 2>/dev/null && break
              sleep 0.2
            done
            kill $process
            """
        let answer = try lab.inside(
            "jump", "env", "KUBECONFIG=/etc/slipway/addons.kubeconfig", "bash", "-c", forward)
        #expect(try webPods().map { $0.name + "\n" }.contains(answer.output), "\(answer)")
    }

    @Test("a Secret is encrypted in etcd, and a ConfigMap beside it is not")
    func encryption() throws {
        let secret = try lab.jump(
            "etcdctl-cluster get /registry/secrets/default/mine --print-value-only | head -c 4096 | cat -v")
        #expect(secret.output.hasPrefix("k8s:enc:"), "\(secret)")
        #expect(!secret.output.contains("open-sesame"))
        try cluster.require("create", "configmap", "plain", "--from-literal=word=open-sesame")
        let plain = try lab.jump("etcdctl-cluster get /registry/configmaps/default/plain --print-value-only | cat -v")
        #expect(plain.output.contains("open-sesame"), "the look into etcd finds what is there: \(plain)")
    }

    @Test("a kubelet may read its pods' Secret and no other, and may not change another node")
    func nodeAuthorizer() throws {
        let kubeconfig = try lab.inside("worker-1", "cat", "/etc/kubernetes/kubelet.kubeconfig").output
        let path = "/run/worker-1.kubeconfig"
        let placed = try lab.run(
            [Repository.slipway.path, "exec", "lab", "jump", "--", "sh", "-c", "umask 077; cat >\(path)"],
            input: .text(kubeconfig))
        #expect(placed.status == 0, "\(placed)")
        func asWorker(_ arguments: String...) throws -> CommandResult {
            try cluster.kubectl(arguments, kubeconfig: path)
        }
        #expect(try asWorker("get", "secret", "mine").status == 0)
        let other = try asWorker("get", "secret", "theirs")
        #expect(other.status != 0 && other.errors.contains("no relationship found"), "\(other)")
        #expect(try asWorker("get", "secrets").errors.contains("forbidden"))
        #expect(try asWorker("label", "node", "worker-2", "taken=yes").errors.contains("forbidden"))
        #expect(try asWorker("label", "node", "worker-1", "own=yes").status == 0)
        _ = try lab.inside("jump", "rm", path)
    }

    @Test("one etcd stopped: a new pod still starts; two: writes fail; started again: they go on")
    func etcdExperiments() throws {
        try lab.slipway("stop", "lab", "etcd-1")
        let begin = Date()
        try cluster.apply(Self.sleeper("during", on: "worker-3", secret: "third"))
        try cluster.await("a new pod with one etcd stopped", since: begin, within: 60) { try isRunning("during") }
        try lab.slipway("stop", "lab", "etcd-2")
        let refused = try cluster.kubectl(["create", "configmap", "none"])
        #expect(refused.status != 0, "\(refused)")
        let again = Date()
        try lab.slipway("start", "lab", "etcd-1", "etcd-2")
        try cluster.await("two etcds started until writes go on", since: again, within: 90) {
            try cluster.kubectl(["create", "configmap", "after-etcd"]).status == 0
        }
        try cluster.require("delete", "pod", "during", "--wait=false")
    }

    @Test(
        "the leading control plane stopped in order, then the other one killed: the standby leads, and the API answers")
    func leaders() throws {
        for (how, grace) in [("stopped in order", "60"), ("killed", "0")] {
            let leader = try cluster.leader("kube-controller-manager")
            let other = leader == "master-1" ? "master-2" : "master-1"
            try #require(["master-1", "master-2"].contains(leader))
            let begin = Date()
            try lab.slipway("stop", "lab", leader, "--grace", grace)
            Cluster.say("a control plane \(how): off", since: begin)
            try cluster.await("the API after the leader was \(how)", since: begin, within: 60) { try cluster.hasAPI() }
            for component in ["kube-controller-manager", "kube-scheduler"] {
                try cluster.await(
                    "the standby \(component) leads after the leader was \(how)", since: begin, within: 60
                ) {
                    try cluster.leader(component) == other
                }
            }
            // Not only by name: it works.
            try cluster.await("a write that goes through after the leader was \(how)", since: begin, within: 60) {
                try cluster.kubectl(["rollout", "restart", "deployment/web"]).status == 0
            }
            try cluster.await("a rollout after the leader was \(how)", since: begin, within: 90) {
                try cluster.kubectl(["rollout", "status", "deployment/web", "--watch=false"]).output.contains(
                    "successfully")
            }
            let started = Date()
            try lab.slipway("start", "lab", leader)
            try cluster.await("both API servers behind the load balancer", since: started, within: 90) {
                let answer = try lab.inside(
                    "haproxy", "python3", "-c",
                    "import urllib.request as u; print(u.urlopen('http://127.0.0.1:8404/stats;csv', timeout=3).read().decode())"
                )
                return answer.output.split(separator: "\n").filter {
                    $0.hasPrefix("control-planes,master") && $0.contains(",UP,")
                }
                .count == 2
            }
        }
    }

    @Test(
        "the load balancer stopped: workers do not reach the API, though it runs; pods go on; started again: all is as before"
    )
    func loadBalancer() throws {
        func connects(_ address: String) throws -> Bool {
            try lab.inside(
                "worker-1", "python3", "-c", "import socket; socket.create_connection(('\(address)', 6443), 2)"
            ).status == 0
        }
        #expect(try connects("192.168.64.10"))
        try lab.slipway("stop", "lab", "haproxy")
        #expect(try !connects("192.168.64.10"))
        #expect(try connects("192.168.64.31"), "the API server itself runs")
        #expect(try !cluster.hasAPI())
        let begin = Date()
        try lab.slipway("start", "lab", "haproxy")
        try cluster.await("the load balancer started until the API answers", since: begin, within: 60) {
            try cluster.hasAPI()
        }
        #expect(try lab.eventually(within: 60) { try cluster.isReady(since: .distantPast) })
    }

    // MARK: Lives of the instance

    /// What must be so after the machines have started again, by itself.
    private func comesBack(_ what: String, since begin: Date) throws {
        try cluster.await("\(what) to the API", since: begin, within: 120) { try cluster.hasAPI() }
        try cluster.await("\(what) to every node Ready", since: begin, within: 240) {
            try cluster.isReady(since: begin)
        }
        try cluster.await("\(what) to CoreDNS running", since: begin, within: 120) { try cluster.hasDNS() }
        try cluster.await("\(what) to three pods that answer by the service's name", since: begin, within: 120) {
            guard try webPods().count == 3, try isRunning("one") else { return false }
            return try allAnswer {
                try cluster.inPod("one", "sh", "-c", "for i in 1 2 3 4 5 6; do wget -q -T 2 -O - http://web/; done")
                    .output
            }
        }
    }

    @Test("stop ends all eleven in order, with nothing killed; start brings everything back")
    func stopAndStart() throws {
        let begin = Date()
        try lab.slipway("stop", "lab", limit: 200)
        Cluster.say("stop of eleven machines", since: begin)
        let again = Date()
        try lab.slipway("start", "lab")
        try comesBack("start", since: again)
        // What a unit was killed for stands in the journal of its machine's last boot.
        for machine in ["master-1", "master-2", "etcd-1", "etcd-2", "etcd-3"] {
            let journal = try lab.slipway("logs", "lab", machine)
            #expect(!journal.contains("Killing process"), "\(machine)")
        }
    }

    @Test("a snapshot of the running cluster is restored: what was written since is gone, everything else comes back")
    func snapshot() throws {
        try cluster.require("create", "configmap", "before")
        let begin = Date()
        try lab.slipway("snapshot", "lab", "first", limit: 300)
        Cluster.say("snapshot of eleven machines", since: begin)
        try cluster.require("create", "configmap", "later")
        let again = Date()
        try lab.slipway("restore", "lab", "first", limit: 300)
        Cluster.say("restore until the machines are started", since: again)
        try comesBack("restore", since: again)
        #expect(try cluster.kubectl(["get", "configmap", "before"]).status == 0)
        #expect(try cluster.kubectl(["get", "configmap", "later"]).status != 0)
    }

    @Test("another bundle changes the kubelets while the cluster runs, and everything is Ready again")
    func update() throws {
        let changed = "\(lab.directory)/changed.tar"
        try Bundles.build(in: lab, changing: "kubelet/kubelet.yaml", adding: "maxPods: 66\n", to: changed)
        let begin = Date()
        try lab.slipway("up", changed, limit: 280)
        try cluster.await("up with another bundle until the kubelets have it", since: begin, within: 120) {
            try cluster.kubectl(["get", "nodes", "-o", "jsonpath={.items[*].status.capacity.pods}"]).output
                == "66 66 66"
        }
        try comesBack("up with another bundle", since: begin)
    }
}
