import BundleFormat
import HostSystem
import Launching
import TopologySpec
import Values

/// What each fault does to the machines of a plan.
extension Surgery {
    /// The unit in which a drill keeps something busy.
    static let ownUnit = "slipway-drill.service"
    /// The jump host's, for root there; only there.
    static let kubectl = "KUBECONFIG=$(ls /home/*/.kube/config | head -n 1) kubectl"

    func perform(_ plan: Plan) throws(DrillError) {
        let names = plan.machines.map(\.name)
        func everywhere(_ script: String...) throws(DrillError) {
            for name in names { try require(name, script) }
        }
        switch plan.drill.fault {
        case .stopUnit(let unit): try everywhere(#"systemctl stop "$1""#, unit)
        case .killUnit(let unit): try everywhere(#"systemctl kill --signal=KILL "$1""#, unit)
        case .pauseUnit(let unit): try everywhere(#"systemctl kill --signal=STOP "$1""#, unit)
        case .freeze:
            try launching { () throws(LaunchError) in try provider.setFrozen(true, plan.machines, of: instance) }
        case .powerOff: _ = try launching { () throws(LaunchError) in try launcher.stop(names, grace: 30) }
        case .powerCut: _ = try launching { () throws(LaunchError) in try launcher.stop(names, grace: 0) }
        case .cut:
            try lose(from: plan.machines, to: plan.others)
            try lose(from: plan.others, to: plan.machines)
        case .oneWayCut: try lose(from: plan.machines, to: plan.others)
        case .loss(let percent): try everywhere(Self.lossScript, "\(percent)")
        case .corruptFile(let path):
            try everywhere(
                Self.keepScript + #"printf 'slipway drill' | dd of="$1" conv=notrunc status=none"#, path,
                Undo.copy(of: path))
        case .foreignCertificate(let path, let unit):
            for suffix in ["crt", "key"] {
                try everywhere(Self.keepScript, "\(path).\(suffix)", Undo.copy(of: "\(path).\(suffix)"))
            }
            try everywhere(Self.foreignScript, path, unit)
        case .fillDisk(let directory): try everywhere(Self.fillScript, directory, Undo.copy(of: directory))
        case .useMemory(let percent):
            try everywhere(
                #"systemd-run --quiet --collect --unit="$1" --property=OOMScoreAdjust=1000 python3 -c "$2" "$3""#,
                Self.ownUnit, Self.memoryProgram, "\(percent)")
        case .noNames: try everywhere(Self.noNamesScript)
        case .setClock(let shift): try everywhere(Self.clockScript, Undo.clock, "\(shift / 1000)")
        case .sealVault: try everywhere(#"python3 -c "$1""#, Self.sealProgram)
        case .overload(let clients):
            try require(
                plan.jump,
                [
                    #"systemd-run --quiet --collect --unit="$1" python3 -c "$2" "$3" "$(ls /home/*/.kube/config | head -n 1)""#,
                    Self.ownUnit, Self.clientsProgram, "\(clients)",
                ])
        case .drain:
            for name in names {
                try require(
                    plan.jump,
                    [
                        "\(Self.kubectl) drain \"$1\" --ignore-daemonsets --delete-emptydir-data --force --timeout=120s",
                        name,
                    ], within: 150)
            }
        case .restoreEtcd: try loseDisks(plan)
        case .update:
            guard let update else { return }
            let result = try launching { () throws(LaunchError) in try ProcessRunner().run(update.limited(to: 1800)) }
            guard result.status == 0 else {
                throw .launching(
                    .commandFailed(command: "slipway up", status: result.status, output: result.errors))
            }
        }
    }

    /// What has to be done between the fault and the healing, where that takes more than to undo the fault.
    ///
    /// - Returns: what heals from here on.
    func prepareHealing(_ plan: Plan) throws(DrillError) -> [Undo] {
        guard plan.drill.fault == .restoreEtcd else { return plan.undo }
        for machine in plan.machines { try require(machine.name, [Self.restoreScript, Undo.snapshot]) }
        return plan.machines.map { .takeRestored(machine: $0.name) }
    }

    // MARK: Network

    /// Packets to an address go to a card that nobody has, so that they vanish as on a cut cable: nobody is told, and neither a firewall nor a
    /// module of the kernel is needed (ip-neighbour(8)).
    private func lose(from machines: [LaunchDefinition], to others: [LaunchDefinition]) throws(DrillError) {
        let addresses = others.map { "\($0.address)" }
        for machine in machines {
            try require(
                machine.name,
                [#"for a in "$@"; do ip neigh replace "$a" lladdr 02:00:00:00:00:00 nud permanent dev lan0; done"#]
                    + addresses)
        }
    }

    /// nft(8). Before everything else, and of what comes over the network alone.
    private static let lossScript = #"""
        nft -f - <<END
        table inet slipway_drill {
          chain input {
            type filter hook input priority -300; policy accept;
            iifname "lan0" numgen random mod 100 < $1 drop
          }
        }
        END
        """#

    /// Binds, so that a machine that loses its power has its names again. systemd-resolved would know what it has read.
    private static let noNamesScript = #"""
        printf '127.0.0.1 localhost\n' >/run/slipway-drill-hosts
        printf 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n' >/run/slipway-drill-resolv
        mount --bind /run/slipway-drill-hosts /etc/hosts
        if [ -e /etc/resolv.conf ]; then mount --bind /run/slipway-drill-resolv "$(realpath /etc/resolv.conf)"; fi
        if systemctl is-active --quiet systemd-resolved; then
          : >/run/slipway-drill-resolved
          systemctl stop systemd-resolved
        fi
        """#

    // MARK: Files and disks

    /// A copy of the file `$1`, complete before anything happens to the file.
    private static let keepScript = #"""
        test -f "$1"; cp -a -- "$1" "$2.new"; sync "$2.new"; mv -f -- "$2.new" "$2"; sync "${2%/*}"

        """#

    /// In place, so that account and mode stay.
    private static let foreignScript = #"""
        umask 077
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=stranger \
          -keyout /run/slipway-drill.key -out /run/slipway-drill.crt 2>/dev/null
        cat /run/slipway-drill.crt >"$1.crt"
        cat /run/slipway-drill.key >"$1.key"
        rm -f /run/slipway-drill.crt /run/slipway-drill.key
        systemctl restart --no-block "$2"
        """#

    /// A file system in memory is made as small as what is in it, since it may be as large as half of the memory.
    private static let fillScript = #"""
        if [ "$(stat -f -c %T "$1")" = tmpfs ]; then
          findmnt -n -o OPTIONS -T "$1" | tr , '\n' | grep '^size=' >"$2" || echo size=50% >"$2"
          sync "$2"
          mount -o "remount,size=$(($(df --output=used -k "$1" | tail -n 1) + 256))k" "$(findmnt -n -o TARGET -T "$1")"
        else
          fallocate -l "$(df --output=avail -B1 "$1" | tail -n 1)" "$1/.slipway-drill" || true
        fi
        cat /dev/zero >>"$1/.slipway-drill" 2>/dev/null || true
        """#

    /// Whether `slipway-apply check` in the plan's machines names the file.
    func checkSees(_ path: String, _ plan: Plan) throws(DrillError) -> Bool {
        for machine in plan.machines {
            let result = try shell(machine.name, [#""$1" check"#, DepotLayout.applier])
            guard result.status == 1, (result.output + result.errors).contains(path) else { return false }
        }
        return true
    }

    // MARK: Memory and clock

    /// Takes memory until no more than the rest is available, and takes more when some becomes free.
    private static let memoryProgram = #"""
        import sys, time
        rest = (100 - int(sys.argv[1])) / 100
        def free():
            values = dict(line.split()[:2] for line in open("/proc/meminfo"))
            return int(values["MemAvailable:"]) / int(values["MemTotal:"])
        held = []
        while True:
            while free() > rest:
                held.append(b"x" * (8 << 20))
            time.sleep(0.1)
        """#

    /// What the clock was is on disk before it is set: the boot, and the time of its beginning.
    private static let clockScript = #"""
        read -r up _ </proc/uptime
        echo "$(cat /proc/sys/kernel/random/boot_id) $(($(date +%s) - ${up%.*}))" >"$1"
        sync "$1"
        systemctl stop systemd-timesyncd 2>/dev/null || true
        date -s "@$(($(date +%s) + $2))" >/dev/null
        """#

    // MARK: Vault and the API

    /// PUT /v1/sys/seal, with the token that never leaves the machine.
    private static let sealProgram = """
        import json, ssl, urllib.request as u
        token = json.load(open("/var/lib/slipway/vault/init.json"))["root_token"]
        request = u.Request("https://127.0.0.1:8200/v1/sys/seal", method="PUT", headers={"X-Vault-Token": token})
        context = ssl.create_default_context(cafile="/etc/vault.d/tls/ca.crt")
        u.build_opener(u.ProxyHandler(dict()), u.HTTPSHandler(context=context)).open(request, timeout=20)
        """

    /// As Watch asks, only without a pause.
    private static let clientsProgram = """
        import importlib.machinery, importlib.util, sys, threading, time
        sys.dont_write_bytecode = True
        loader = importlib.machinery.SourceFileLoader("kubernetes_api", "/usr/local/lib/slipway/kubernetes-api")
        module = importlib.util.module_from_spec(importlib.util.spec_from_loader("kubernetes_api", loader))
        loader.exec_module(module)
        def client():
            api = module.API(sys.argv[2])
            while True:
                for path in ("/api/v1/pods", "/api/v1/nodes", "/api/v1/configmaps", "/openapi/v2"):
                    try:
                        api.call("GET", path, seconds=60)
                    except Exception:
                        time.sleep(0.1)
        for _ in range(int(sys.argv[1])):
            threading.Thread(target=client, daemon=True).start()
        time.sleep(3600)
        """

    /// Why no pods run here that could be watched; nil when some do.
    func obstacleToPods(_ jump: String) throws(DrillError) -> String? {
        let result = try shell(
            jump, ["\(Self.kubectl) get pods --all-namespaces --field-selector=status.phase=Running --output=name"])
        if result.status == 0, !result.output.isEmpty { return nil }
        let said = result.errors.split(separator: "\n").last.map { ": \($0)" } ?? ""
        return "Kubernetes' own servers do not run pods here\(said)"
    }

    /// Pods on these machines that could run elsewhere: neither of a DaemonSet, nor the node's own, nor on their way out.
    func podsLeft(_ plan: Plan) throws(DrillError) -> [String] {
        let format =
            #"jsonpath={range .items[*]}{.spec.nodeName}{"\t"}{.metadata.ownerReferences[0].kind}{"\t"}{.metadata.deletionTimestamp}{"\t"}{.metadata.name}{"\n"}{end}"#
        let text = try require(
            plan.jump, ["\(Self.kubectl) get pods --all-namespaces --output=\"$1\"", format])
        let hit = Set(plan.machines.map(\.name))
        return text.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            guard fields.count == 4, hit.contains(fields[0]), !["DaemonSet", "Node"].contains(fields[1]),
                fields[2].isEmpty
            else { return nil }
            return fields[3]
        }
    }

    // MARK: etcd's disks

    /// Takes a snapshot, hands it to every member, stops all of them and puts their data aside, which is as good as gone to them. Only once
    /// every member has the snapshot is any of them stopped.
    private func loseDisks(_ plan: Plan) throws(DrillError) {
        guard let first = plan.machines.first else { return }
        let text = try require(first.name, [Self.snapshotScript, Undo.snapshot], within: 120)
        for machine in plan.machines {
            try require(
                machine.name,
                [
                    #"base64 -d >"$1.new"; sync "$1.new"; mv -f -- "$1.new" "$1"; etcdutl snapshot status "$1" >/dev/null"#,
                    Undo.snapshot,
                ], input: .text(text), within: 120)
        }
        for machine in plan.machines { try require(machine.name, ["systemctl stop etcd"]) }
        for machine in plan.machines {
            try require(
                machine.name,
                ["cd /var/lib/etcd; [ -d member.slipway-drill ] || mv member member.slipway-drill; sync ."])
        }
    }

    private static let snapshotScript = #"""
        umask 077
        set -a; . /etc/etcd/etcdctl.env; ETCDCTL_ENDPOINTS=https://127.0.0.1:2379; set +a
        etcdctl snapshot save "$1" >/dev/null 2>&1
        base64 "$1"
        """#

    /// etcdutl(1), with what the member's own configuration says.
    private static let restoreScript = #"""
        value() { sed -n "s/^$1: *//p" /etc/etcd/etcd.conf.yml; }
        cd /var/lib/etcd
        rm -rf restored
        etcdutl snapshot restore "$1" --data-dir /var/lib/etcd/restored --name "$(value name)" \
          --initial-cluster "$(value initial-cluster)" --initial-cluster-token "$(value initial-cluster-token)" \
          --initial-advertise-peer-urls "$(value initial-advertise-peer-urls)" >/dev/null 2>&1
        chown -R etcd:etcd restored
        sync restored
        """#
}
