import Diagnostics
import TopologySpec
public import Values

/// The packages that a topology asks for on a machine, and the payload that they are together: machines with the same packages share
/// it, and all of it is resolved at once, so that no choice of one package contradicts another's.
public struct PackageSet: Sendable, Hashable {
    /// `packages-jump` for what the topology gives to a role, `packages-on-jump-1` for what it gives to a machine or a group as well.
    public let payload: String
    /// Sorted, each once.
    public let names: [String]
}

/// Resolves `packages:` of the topology and of its machines.
struct PackageSets {
    /// Leaves room for what a role needs itself.
    private static let limit = PackageName.listLimit - 56

    private let roles: [Role: [Setting<String>]]
    private let specs: [MachineSpec]

    init(_ topology: Topology) {
        roles = topology.packages
        specs = topology.machines.value ?? []
    }

    /// What the topology says for the machines of one entry; nil when it says nothing.
    func packages(of spec: MachineSpec) -> PackageSet? {
        guard let role = spec.role.value, let name = spec.name.value else { return nil }
        let shared = Set((roles[role] ?? []).compactMap(\.value))
        let names = shared.union(spec.packages.compactMap(\.value))
        guard !names.isEmpty else { return nil }
        return PackageSet(
            payload: names == shared ? role.packagesPayload : "packages-on-\(name)",
            names: names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
    }

    func check(_ report: inout Report) {
        for role in Role.allCases {
            guard let list = roles[role], !list.isEmpty else { continue }
            let path = "packages.\(role.rawValue)"
            Self.check(list, path, [:], &report)
            // A machine whose role was refused may be the one.
            guard !specs.isEmpty, !specs.contains(where: { $0.role.value == role || $0.role.isRefused }) else {
                continue
            }
            report.warning(
                path, "no machine has the role '\(role.rawValue)'", at: list.first?.position,
                help: "the packages go nowhere; remove them, or add the machine")
        }
        for spec in specs {
            let shared = spec.role.value.flatMap { roles[$0] } ?? []
            var places: [String: SourcePosition] = [:]
            for case .written(let name, let position) in shared { places[name] = position }
            Self.check(spec.packages, "\(spec.path).packages", places, &report)
        }
    }

    /// - Parameter before: what the machines of the list have already, and where that stands.
    private static func check(
        _ list: [Setting<String>], _ path: String, _ before: [String: SourcePosition], _ report: inout Report
    ) {
        var places: [String: SourcePosition] = [:]
        for (index, setting) in list.enumerated() {
            guard case .written(let name, let position) = setting else { continue }
            let subject = "\(path)[\(index)]"
            if let first = places.updateValue(position, forKey: name) {
                report.error(
                    subject, "the package '\(name)' is listed twice", at: position,
                    help: "first in line \(first.line); remove one")
            } else if let first = before[name] {
                report.warning(
                    subject, "the package '\(name)' is there for the whole role already", at: position,
                    help: "see line \(first.line); remove one")
            }
        }
        guard !list.isEmpty, list.count + before.count > limit else { return }
        report.error(
            path, "\(list.count + before.count) packages are too many", at: list.first?.position,
            help: "a machine may ask for \(limit)")
    }
}

extension Role {
    /// The payload of all packages of the role's machines, unless the topology gives a machine more.
    public var packagesPayload: String { "packages-\(rawValue)" }
}
