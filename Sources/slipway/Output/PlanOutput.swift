import BuildPlan
import BundleFormat
import ClusterModel
import Diagnostics
import Values

/// A plan as text or JSON.
enum PlanOutput {
    /// All machines, a line each.
    static func overview(_ plan: ClusterPlan, width: Int?) -> String {
        var table = TextTable("MACHINE", "ROLE", "ADDRESS", "CPU", "MEMORY", "DISK", "FILES", "CERTIFICATES", "UNITS")
        for entry in plan.machines {
            let (machine, size) = (entry.machine, entry.machine.size)
            table.add(
                machine.name, machine.role.rawValue, "\(machine.address)", "\(size.cpus)", "\(size.memory)",
                "\(size.disk)", "\(entry.files.count)", "\(entry.leaves.count)", "\(entry.units.count)")
        }
        let files = plan.machines.reduce(0) { $0 + $1.files.count }
        let leaves = plan.machines.reduce(0) { $0 + $1.leaves.count }
        return table.text(width: width) + "\n" + keys(plan.clusterKeys + plan.operator.leaves.map(\.key), width) + """

            \(plan.machines.count) machines, \(files) files, \(plan.authorities.count) authorities, \
            \(leaves + plan.operator.leaves.count) certificates, \(plan.keys.count) keys, \(plan.payloads.count) payloads
            'slipway plan SPEC --machine NAME' shows one machine in full.

            """
    }

    private static func keys(_ keys: [KeyPlan], _ width: Int?) -> String {
        var table = TextTable("KEY", "GENERATION", "DERIVED FROM THE SECRETS FILE AT")
        for key in keys { table.add(key.name.description, "\(key.generation)", key.path) }
        return table.text(width: width)
    }

    /// One machine in full.
    static func detail(_ plan: MachinePlan, width: Int?) -> String {
        var files = TextTable("FILE", "MODE", "OWNER", "FROM")
        for file in plan.files {
            files.add(file.path, "\(Permissions(bits: file.mode))", "\(file.owner):\(file.group)", file.content.origin)
        }
        var leaves = TextTable("CERTIFICATE", "ISSUER", "NAME", "USE", "FOR")
        for leaf in plan.leaves {
            let names = leaf.dnsNames + leaf.addresses.map(\.description)
            leaves.add(
                leaf.kind.rawValue, leaf.authority.rawValue, leaf.commonName, leaf.usage.rawValue,
                names.joined(separator: " "))
        }
        let payloads = plan.payloads.map { use in
            if case .packages(_, let names) = use.payload.source {
                return "\(use.payload.name): \(names.joined(separator: " "))"
            }
            return use.payload.name + (use.path.map { " → \($0)" } ?? "")
        }
        let units = plan.units.map(\.name)
        return "\(plan.machine.name): \(plan.machine.role.rawValue) at \(plan.machine.address)\n\n"
            + files.text(width: width) + (plan.leaves.isEmpty ? "" : "\n" + leaves.text(width: width)) + "\n"
            + keys(plan.keys, width)
            + "\nPAYLOADS\n" + payloads.map { $0 + "\n" }.joined() + "\nUNITS\n" + units.map { $0 + "\n" }.joined()
    }

    static func json(_ plan: ClusterPlan, _ machines: [MachinePlan]) -> JSONValue {
        [
            "architecture": .string(plan.cluster.guest.architecture.rawValue), "cluster": .string(plan.cluster.name),
            "machines": .array(machines.map(json)),
            "authorities": .array(
                plan.authorities.map {
                    ["name": .string($0.name.rawValue), "generation": .integer(Int64($0.key.generation))]
                }),
            "keys": .array((plan.clusterKeys + machines.flatMap(\.keys) + plan.operator.leaves.map(\.key)).map(json)),
            "operator": [
                "files": .array(plan.operator.files.map(json)),
                "certificates": .array(plan.operator.leaves.map(json)),
            ],
            "payloads": .strings(plan.payloads.map(\.name)),
        ]
    }

    private static func json(_ plan: MachinePlan) -> JSONValue {
        [
            "name": .string(plan.machine.name), "role": .string(plan.machine.role.rawValue),
            "address": .string(plan.machine.address.description),
            "line": .integer(Int64(plan.machine.position.line)),
            "files": .array(plan.files.map(json)),
            "certificates": .array(plan.leaves.map(json)),
            "payloads": .strings(plan.payloads.map(\.payload.name)), "units": .strings(plan.units.map(\.name)),
        ]
    }

    private static func json(_ file: FilePlan) -> JSONValue {
        [
            "path": .string(file.path), "mode": .string("\(Permissions(bits: file.mode))"),
            "owner": .string(file.owner), "group": .string(file.group),
            "exposure": .string(file.content.exposure.rawValue), "origin": .string(file.content.origin),
        ]
    }

    private static func json(_ leaf: LeafPlan) -> JSONValue {
        [
            "kind": .string(leaf.kind.rawValue), "issuer": .string(leaf.authority.rawValue),
            "commonName": .string(leaf.commonName), "organizations": .strings(leaf.organizations),
            "usage": .string(leaf.usage.rawValue), "generation": .integer(Int64(leaf.key.generation)),
            "names": .strings(leaf.dnsNames), "addresses": .strings(leaf.addresses.map(\.description)),
        ]
    }

    private static func json(_ key: KeyPlan) -> JSONValue {
        [
            "kind": .string(key.kind.rawValue), "holder": key.holder.map { .string($0) } ?? .null,
            "generation": .integer(Int64(key.generation)), "path": .string(key.path),
        ]
    }
}
