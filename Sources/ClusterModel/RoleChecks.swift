import Diagnostics
import TopologySpec
import Values

/// Checks that the roles together make a cluster, and says what a choice costs.
struct RoleChecks {
    let machines: [Machine]
    /// Whether no machine was refused: only then it is known what is missing.
    let isComplete: Bool
    /// What the topology says for the address that load balancers share.
    let api: Setting<IPv4Address>
    let accepted: [Setting<AcceptedNote>]
    /// What is taken, for suggestions.
    let addresses: AddressBook

    /// https://etcd.io/docs/v3.6/faq/#what-is-maximum-cluster-size
    private static let mostMembers = 7

    func run(_ report: inout Report) {
        guard !machines.isEmpty else { return }
        checkControlPlane(&report)
        checkLoadBalancers(&report)
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

    /// Clients know one address. Two load balancers share it; without one to share the second would stand by for nobody.
    private func checkLoadBalancers(_ report: inout Report) {
        let balancers = all(.loadBalancer)
        if let third = balancers.dropFirst(2).first {
            report.error(
                "\(third.entry).role", "there are more than two load balancers", at: third.position,
                help:
                    "two are supported, of which one has the API's address; give this machine another role or remove it"
            )
        } else if balancers.count == 2, api.isAbsent {
            report.error(
                "network.api", "two load balancers share no address, and clients of the API know only one",
                at: balancers[1].position,
                help: addresses.free(for: 1).map { "add 'api: \($0)' below 'network:', an address that nobody has" }
                    ?? "add 'api:' below 'network:'; no address of network.subnet is free")
        } else if balancers.count < 2, isComplete, case .written(let address, let position) = api {
            report.error(
                "network.api",
                "\(address) is for two load balancers to share, and there \(balancers.isEmpty ? "is none" : "is one")",
                at: position, help: "add a machine with role: load-balancer, or remove the line")
        }
        let acceptance = accepted.first { $0.value == .singleLoadBalancer }
        guard balancers.count == 1, let balancer = balancers.first, !all(.controlPlane).isEmpty else {
            if isComplete, let acceptance {
                report.note(
                    "accepted", "there is no single load balancer to accept", at: acceptance.position,
                    help: "delete '\(AcceptedNote.singleLoadBalancer.rawValue)'")
            }
            return
        }
        guard acceptance == nil else { return }
        report.note(
            balancer.entry, "the only load balancer is a single point of failure", at: balancer.position,
            help: "when it stops, workers and people cannot reach the API; running pods go on. \(remedy(for: balancer))"
        )
    }

    /// The two lines that end it, and the one that says that it is meant.
    private func remedy(for balancer: Machine) -> String {
        let acceptance = "to keep one, add 'accepted: [\(AcceptedNote.singleLoadBalancer.rawValue)]'"
        let names = Set(machines.map(\.name))
        guard let first = addresses.free(for: 2), let second = first.advanced(by: 1),
            let name = (2...(names.count + 2)).lazy.map({ "\(balancer.name)-\($0)" }).first(where: {
                !names.contains($0)
            })
        else { return acceptance.prefix(1).uppercased() + acceptance.dropFirst() }
        return "To have two, add '- { name: \(name), role: load-balancer, address: \(first) }' below 'machines:' and "
            + "'api: \(second)', the address that both share, below 'network:'; \(acceptance)"
    }

    private func checkEtcd(_ report: inout Report) {
        let members = all(.etcd)
        if members.isEmpty, isComplete, let plane = all(.controlPlane).first {
            report.error(
                "machines", "the control plane has no etcd to keep its state in", at: plane.position,
                help: "add one or three machines with role: etcd")
        }
        guard isComplete, let last = members.last else { return }
        let (count, quorum) = (members.count, members.count / 2 + 1)
        if count > Self.mostMembers {
            report.warning(
                "machines", "\(count) etcd members: every write waits for \(quorum) of them", at: last.position,
                help: "etcd's own documentation advises at most \(Self.mostMembers); use 3 or 5")
        } else if count % 2 == 0 {
            let lost = count - quorum
            report.warning(
                "machines",
                "\(count) etcd members survive the loss of \(lost == 0 ? "none" : "\(lost)"), as \(count - 1) would: "
                    + "they need \(quorum) for a quorum",
                at: last.position, help: "use \(count + 1) or \(count - 1)")
        }
    }

    /// What there may be one of: Vault's storage has one node, and people log in at one machine.
    private func checkSingletons(_ report: inout Report) {
        for role in [Role.vault, .jump] {
            var reported: Set<String> = []
            let machines = all(role)
            // One that is described twice is told of already.
            for extra in machines.dropFirst()
            where extra.name != machines[0].name && reported.insert(extra.entry).inserted {
                report.error(
                    "\(extra.entry).role", "there is more than one machine with role: \(role.rawValue)",
                    at: extra.position,
                    help: "one is supported; give this machine another role or delete it")
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
