import Diagnostics
import Values

/// Checks that the roles together make a cluster, and says what a choice costs.
struct RoleChecks {
    let machines: [Machine]
    /// Whether no machine was refused: only then it is known what is missing.
    let isComplete: Bool

    func run(_ report: inout Report) {
        guard !machines.isEmpty else { return }
        checkControlPlane(&report)
        checkEtcd(&report)
        checkSingletons(&report)
        checkMissing(&report)
    }

    private func all(_ role: Role) -> [Machine] { machines.filter { $0.role == role } }

    private func checkControlPlane(_ report: inout Report) {
        let (planes, balancers) = (all(.controlPlane), all(.loadBalancer))
        if planes.count > 1, balancers.isEmpty, isComplete {
            report.error(
                "machines", "\(planes.count) control planes have no load balancer in front of them",
                at: planes[1].position,
                help: "add a machine with role: load-balancer, or keep one control plane")
        }
        if balancers.count == 1, let balancer = balancers.first, !planes.isEmpty {
            report.note(
                balancer.entry, "the only load balancer is a single point of failure",
                at: balancer.position,
                help: "when it stops, workers and people lose the API; running pods go on")
        }
        guard planes.isEmpty, isComplete else { return }
        if balancers.isEmpty || !all(.worker).isEmpty {
            report.error(
                "machines", "there is no control plane", at: machines.last?.position,
                help: "add a machine with role: control-plane")
        } else {
            report.warning(
                "machines", "there is no control plane: these machines serve no Kubernetes API",
                at: balancers[0].position,
                help: "add a machine with role: control-plane")
        }
    }

    private func checkEtcd(_ report: inout Report) {
        let members = all(.etcd)
        if members.isEmpty, isComplete, let plane = all(.controlPlane).first {
            report.error(
                "machines", "the control plane has no etcd to keep its state in", at: plane.position,
                help: "add one or three machines with role: etcd")
        }
        if isComplete, members.count % 2 == 0, let last = members.last {
            let quorum = members.count / 2 + 1
            report.warning(
                "machines",
                "\(members.count) etcd members need \(quorum) for a quorum and survive \(members.count - quorum) failure(s), "
                    + "as many as \(members.count - 1) would",
                at: last.position,
                help:
                    "the extra member only adds something that can fail; use \(members.count + 1) or \(members.count - 1)"
            )
        }
    }

    /// What there may be one of: clients are pointed at one address, and Vault's storage has one node.
    private func checkSingletons(_ report: inout Report) {
        for role in [Role.loadBalancer, .vault, .jump] {
            var reported: Set<String> = []
            for extra in all(role).dropFirst() where reported.insert(extra.entry).inserted {
                report.error(
                    "\(extra.entry).role", "there is more than one \(role.rawValue)", at: extra.position,
                    help: "one is supported; give this machine another role or remove it")
            }
        }
    }

    private func checkMissing(_ report: inout Report) {
        guard isComplete else { return }
        let place = machines.last?.position
        if all(.jump).isEmpty {
            report.warning(
                "machines",
                "there is no jump host: nothing applies the add-ons, and people log in to every machine directly",
                at: place, help: "add a machine with role: jump")
        }
        if all(.worker).isEmpty {
            report.warning(
                "machines", "there is no worker: no pod can run", at: place, help: "add a machine with role: worker")
        }
    }
}
