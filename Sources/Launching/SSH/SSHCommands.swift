package import HostSystem

/// The commands that go through SSH.
package enum SSHCommands {
    /// Logs in to a machine; a person answers nothing, and what is asked is refused.
    ///
    /// - Parameter network: the command that enters the machines' network, where this host is not in it.
    package static func login(
        _ machine: String, _ arguments: [String], _ paths: InstancePaths, through network: [String] = []
    ) -> ExternalCommand {
        // The configuration's paths are relative to its directory.
        ExternalCommand(network + ["ssh", "-F", "ssh_config", machine] + arguments, directory: paths.operatorFiles)
    }

    /// Runs a program as root.
    package static func execution(
        _ arguments: [String], on machine: String, _ paths: InstancePaths, terminal: String?
    ) -> ExternalCommand {
        // ssh(1) joins its arguments with spaces and has a shell read them.
        let line = (["sudo", "-n", "--"] + arguments).map(quoted).joined(separator: " ")
        let options = terminal == nil ? ["-o", "BatchMode=yes", "-o", "LogLevel=ERROR"] : ["-t"]
        return ExternalCommand(
            ["ssh", "-F", "ssh_config"] + options + [machine, "--", line], directory: paths.operatorFiles)
    }

    /// For sh(1): nothing has a meaning between single quotes but the quote.
    package static func quoted(_ word: String) -> String {
        let isPlain = word.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "/"),
                UInt8(ascii: "."), UInt8(ascii: "="), UInt8(ascii: ":"):
                true
            default: false
            }
        }
        if isPlain, !word.isEmpty { return word }
        return "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: #"'\''"#) + "'"
    }
}
