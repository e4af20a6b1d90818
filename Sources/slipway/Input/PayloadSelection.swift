import BuildPlan

/// The payloads a user named on the command line.
enum PayloadSelection {
    /// All of them when no name is given.
    static func select(
        _ names: [String], from payloads: [PayloadPlan], spec: String
    ) throws(CommandFailure) -> [PayloadPlan] {
        let known = Set(payloads.map(\.name))
        if let unknown = names.first(where: { !known.contains($0) }) {
            throw CommandFailure(
                .input, "\(spec) has no payload '\(unknown)'",
                help: "it has " + payloads.map(\.name).joined(separator: ", "))
        }
        return names.isEmpty ? payloads : payloads.filter { names.contains($0.name) }
    }
}
