import HostSystem

/// How this host's ssh reaches the machines of an instance: the bundle's configuration with what only this host knows
/// before it, since ssh(1) takes the first value that it finds.
package struct SSHConfiguration {
    package let paths: InstancePaths
    /// The name of the jump host and the loopback port that leads to its SSH; nil where the host is in the machines' network.
    package let forward: (jump: String, port: Int)?

    package init(paths: InstancePaths, forward: (jump: String, port: Int)?) {
        self.paths = paths
        self.forward = forward
    }

    /// Writes the configuration; nothing is done when it is there already.
    package func write() throws(LaunchError) {
        guard let bundled = try Files.read(paths.sshConfig) else {
            throw .damaged(path: paths.sshConfig, reason: "is missing")
        }
        try Files.write(Array(preface.utf8) + bundled, to: paths.localSSHConfig)
    }

    private var preface: String {
        var text = """
            # Written by slipway at each start.
            Host *
                ConnectTimeout 10
                ServerAliveInterval 10
                ServerAliveCountMax 3

            """
        if let forward {
            text += """
                # The certificate that it shows names the machine, not this address.
                Host \(forward.jump)
                    HostName 127.0.0.1
                    Port \(forward.port)
                    HostKeyAlias \(forward.jump)

                """
        }
        return text
    }
}
