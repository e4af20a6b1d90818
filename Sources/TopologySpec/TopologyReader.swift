public import Diagnostics
import Values

/// Reads a topology: strict YAML in, ``Topology`` with a place for every value out.
public enum TopologyReader {
    /// The most bytes of a topology that are read.
    public static var largestFile: Int { YAMLParser.largestFile }

    /// Reads the whole file and reports everything that is wrong with its form: unknown keys, wrong types, repeated keys.
    ///
    /// - Returns: what could be read, or `nil` when the text is not a YAML mapping. Look at the report before using it.
    public static func read(_ source: SourceText, into report: inout Report) -> Topology? {
        guard let document = YAMLParser.parse(source, &report) else { return nil }
        guard document.mapping(document.root, path: "", &report) != nil else { return nil }
        var reader = MappingReader(document.root, document: document, path: "", &report)
        var topology = Topology()
        readVersion(&reader, &report)
        topology.name = reader.setting("name", .clusterName, &report)
        topology.epoch = reader.setting("epoch", .date, &report)
        reader.mapping("guest", &report) { topology.guest = guest(&$0, &$1) }
        reader.mapping("network", &report) { topology.network = network(&$0, &$1) }
        reader.mapping("kubernetes", &report) { topology.kubernetes = kubernetes(&$0, &$1) }
        reader.mapping("versions", &report) { topology.versions = versions(&$0, &$1) }
        reader.mapping("vault", &report) { topology.vault.autoUnseal = $0.flag("auto-unseal", &$1) }
        reader.mapping("pki", &report) { topology.pki = pki(&$0, &$1) }
        topology.users = reader.mappings("users", &report, user).value ?? []
        reader.mapping("packages", &report) { topology.packages = packages(&$0, &$1) }
        topology.accepted = reader.settings("accepted", .word("a note that can be accepted"), &report)
        topology.machines = reader.mappings("machines", &report, machine)
        let misspelt = reader.misspelt()
        topology.name.excuse(misspelt["name"])
        topology.epoch.excuse(misspelt["epoch"])
        topology.machines.excuse(misspelt["machines"])
        if reader.position(ofKey: "version") == nil, misspelt["version"] == nil {
            report.error(
                "version", "the key 'version' is missing", at: document.position(of: document.root),
                help: "add 'version: \(Topology.languageVersion)' as the first line")
        }
        reader.finish(&report)
        return topology
    }

    private static func readVersion(_ reader: inout MappingReader, _ report: inout Report) {
        guard let version = reader.integer("version", &report), version.value != Topology.languageVersion else {
            return
        }
        report.error(
            "version", "version \(version.value) of the topology language is unknown", at: version.position,
            help: "this slipway reads version \(Topology.languageVersion)")
    }

    private static func guest(_ reader: inout MappingReader, _ report: inout Report) -> GuestSpec {
        var guest = GuestSpec()
        guest.os = reader.setting("os", .word, &report)
        guest.architecture = reader.setting("architecture", .word, &report)
        guest.kernel = reader.setting("kernel", .word, &report)
        guest.cgroups = reader.setting("cgroups", .word, &report)
        guest.image = reader.setting("image", .payload, &report)
        if let position = reader.position(ofKey: "boot") {
            var boot = BootSpec(position: position)
            reader.mapping("boot", &report) { reader, report in
                boot.kernel = reader.setting("kernel", .payload, &report)
                boot.initrd = reader.setting("initrd", .payload, &report)
                boot.arguments = reader.setting("arguments", .kernelCommandLine, &report)
            }
            guest.boot = boot
        }
        return guest
    }

    private static func network(_ reader: inout MappingReader, _ report: inout Report) -> NetworkSpec {
        var network = NetworkSpec()
        network.subnet = reader.setting("subnet", .network, &report)
        network.gateway = reader.setting("gateway", .address, &report)
        network.dns = reader.settings("dns", .address, &report)
        network.pods = reader.setting("pods", .network, &report)
        network.services = reader.setting("services", .network, &report)
        network.api = reader.setting("api", .address, &report)
        network.domain = reader.setting("domain", .domain, &report)
        return network
    }

    private static func kubernetes(_ reader: inout MappingReader, _ report: inout Report) -> KubernetesSpec {
        KubernetesSpec(
            version: reader.setting("version", .release(like: "1.32.0"), &report),
            cni: reader.setting("cni", .word, &report))
    }

    private static func versions(_ reader: inout MappingReader, _ report: inout Report) -> VersionsSpec {
        func version(_ key: String) -> Setting<Version> { reader.setting(key, .release(like: "1.15.4"), &report) }
        return VersionsSpec(
            etcd: version("etcd"), containerd: version("containerd"), runc: version("runc"),
            cniPlugins: version("cni-plugins"), calico: version("calico"), coredns: version("coredns"),
            vault: version("vault"))
    }

    private static func pki(_ reader: inout MappingReader, _ report: inout Report) -> PKISpec {
        var pki = PKISpec()
        reader.mapping("lifetimes", &report) { lifetimes, report in
            for tier in PKISpec.Tier.allCases {
                pki.lifetimes[tier] = lifetimes.setting(tier.rawValue, .lifetime, &report)
            }
        }
        reader.mapping("generations", &report) { generations, report in
            for (key, _) in generations.entries() {
                let value = generations.number(key.value, in: 1...1_000_000, &report) { number in
                    Refusal(
                        message: "generation \(number) is out of range",
                        help: "generations count from 1; add one to make a new key")
                }
                pki.generations.append((key, value))
            }
        }
        reader.mapping("subject", &report) { subject, report in
            for field in PKISpec.SubjectField.allCases {
                pki.subject[field] = subject.setting(field.rawValue, .subject(field), &report)
            }
        }
        return pki
    }

    private static func user(
        _ reader: inout MappingReader, _ position: SourcePosition, _ report: inout Report
    ) -> UserSpec {
        UserSpec(
            name: reader.setting("name", .userName, &report),
            sshKeys: reader.settings("ssh-keys", .publicKey, &report), position: position)
    }

    /// Each key is a role; there are more things that a person may take for one than misspelt roles.
    private static func packages(_ reader: inout MappingReader, _ report: inout Report) -> [Role: [Setting<String>]] {
        var packages: [Role: [Setting<String>]] = [:]
        for (key, _) in reader.entries() {
            guard let role = Role(rawValue: key.value) else {
                let help = Suggestion.help(for: key.value, among: Role.allCases.map(\.rawValue))
                report.error(
                    reader.subject(key.value), "'\(key.value)' is not a role", at: key.position,
                    help: "\(help); packages of a single machine stand in its own entry below 'machines:'")
                continue
            }
            packages[role] = reader.settings(key.value, .package, &report)
        }
        return packages
    }

    private static func machine(
        _ reader: inout MappingReader, _ position: SourcePosition, _ report: inout Report
    ) -> MachineSpec {
        var machine = MachineSpec(path: reader.path, position: position)
        machine.name = reader.setting("name", .anything, &report)
        machine.role = reader.setting("role", .word("a role"), &report)
        machine.address = reader.setting("address", .address, &report)
        machine.count = reader.number("count", in: 1...MachineSpec.largestGroup, &report) { number in
            Refusal(message: "a group of \(number) is not possible", help: "expected 1 to \(MachineSpec.largestGroup)")
        }
        machine.cpus = reader.number("cpus", in: 1...256, &report) { number in
            Refusal(message: "\(number) CPUs are not possible", help: "expected 1 to 256")
        }
        machine.memory = reader.setting("memory", .size(atLeast: ByteSize(mebibytes: 128)), &report)
        machine.disk = reader.setting("disk", .size(atLeast: .gibibytes(2)), &report)
        machine.mac = reader.setting("mac", .unicastMAC, &report)
        machine.packages = reader.settings("packages", .package, &report)
        let misspelt = reader.misspelt()
        machine.name.excuse(misspelt["name"])
        machine.role.excuse(misspelt["role"])
        machine.address.excuse(misspelt["address"])
        machine.count.excuse(misspelt["count"])
        return machine
    }
}
