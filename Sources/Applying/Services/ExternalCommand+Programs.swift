import BundleFormat

/// The commands the applier gives.
extension ExternalCommand {
    // MARK: Accounts

    static func makeGroup(_ group: MachineGroup) -> ExternalCommand {
        var arguments = group.isSystem ? ["--system"] : []
        if let gid = group.gid { arguments += ["--gid", "\(gid)"] }
        return ExternalCommand("groupadd", arguments + [group.name])
    }

    static func makeUser(_ user: MachineUser) -> ExternalCommand {
        // A system account's home is its service's state directory, which machine.json lists with its own mode.
        var arguments = user.isSystem ? ["--system", "--no-create-home"] : ["--create-home"]
        if let uid = user.uid { arguments += ["--uid", "\(uid)"] }
        arguments += ["--gid", user.group]
        if !user.groups.isEmpty { arguments += ["--groups", user.groups.joined(separator: ",")] }
        return ExternalCommand(
            "useradd", arguments + ["--home-dir", user.home, "--shell", user.shell, user.name])
    }

    // MARK: Payloads

    /// All packages in one call, so that they may depend on each other. A file of ours in a configuration file's place stays.
    static func installPackages(_ packages: [DesiredPayload]) -> ExternalCommand {
        ExternalCommand(
            "dpkg", ["--install", "--force-confold"] + packages.map(\.hostPath),
            environment: ["DEBIAN_FRONTEND": "noninteractive"], timeLimit: 600)
    }

    static let containerdVersion = ExternalCommand("ctr", ["version"], timeLimit: 10)

    /// Into the name space the kubelet uses.
    static func importImage(_ image: DesiredPayload) -> ExternalCommand {
        ExternalCommand("ctr", ["--namespace", "k8s.io", "images", "import", image.hostPath], timeLimit: 600)
    }

    // MARK: Units

    static let reloadUnits = ExternalCommand("systemctl", ["daemon-reload"])

    static func enable(_ units: [String]) -> ExternalCommand {
        ExternalCommand("systemctl", ["enable", "--quiet"] + units)
    }

    /// Stops the unit and waits until it has, since its program goes next.
    static func disable(_ unit: String) -> ExternalCommand {
        ExternalCommand("systemctl", ["disable", "--quiet", "--now", unit], timeLimit: 120)
    }

    /// Forgets that a unit failed, so that nobody is told of a unit that is gone.
    static func resetFailed(_ unit: String) -> ExternalCommand { ExternalCommand("systemctl", ["reset-failed", unit]) }

    /// Without waiting: units of one machine wait for units of another.
    static func queue(_ verb: String, _ units: [String]) -> ExternalCommand {
        ExternalCommand("systemctl", ["--no-block", verb] + units)
    }

    static func show(_ units: [String]) -> ExternalCommand {
        ExternalCommand("systemctl", ["show", "--property=" + UnitState.properties.joined(separator: ",")] + units)
    }
}
