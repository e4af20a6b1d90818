import BundleFormat
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
        guard
            let document = YAMLParser.parse(
                source, &report, beginning: "'slipway init' writes a topology to begin with")
        else { return nil }
        var reader = MappingReader(document.root, document: document, path: "", &report)
        guard reader.refused == nil, isTopology(&reader, &report) else { return nil }
        var topology = Topology()
        topology.position = document.position(of: document.root)
        reader.read(Topology.fields, into: &topology, &report)
        let misspelt = reader.misspelt()
        topology.name.excuse(misspelt["name"])
        topology.epoch.excuse(misspelt["epoch"])
        topology.machines.excuse(misspelt["machines"])
        if reader.position(ofKey: "version") == nil, misspelt["version"] == nil {
            report.error(
                "version", "the key 'version' is missing", at: topology.position,
                help: "add 'version: \(Topology.languageVersion)' as the first line")
        }
        reader.finish(&report, home: home(of:))
        return topology
    }

    /// Whether it is worth reading on: what follows from one of these mistakes would be many findings.
    private static func isTopology(_ reader: inout MappingReader, _ report: inout Report) -> Bool {
        if let place = reader.position(ofKey: "payloads"), reader.position(ofKey: "machines") == nil {
            report.error(
                "payloads", "this is a lock file, not a topology", at: place, help: "name the topology beside it")
            return false
        }
        for (section, keys) in sections where reader.isNull(section) {
            let strays = keys.compactMap { key in reader.position(ofKey: key).map { (key, $0) } }
            guard let (key, place) = strays.min(by: { ($0.1.line, $0.1.column) < ($1.1.line, $1.1.column) }) else {
                continue
            }
            report.error(
                key, "'\(key)' belongs below '\(section):' and is not indented", at: place,
                help: "indent the keys of '\(section):' by two spaces")
            return false
        }
        guard let version = reader.integer("version", &report), version.value != Topology.languageVersion else {
            return true
        }
        report.error(
            "version", "version \(version.value) of the topology language is unknown", at: version.position,
            help: "this slipway reads version \(Topology.languageVersion)")
        return false
    }

    /// Which keys stand below which; those that stand in several places, or at the top as well, are left out.
    private static let sections: [(String, [String])] = [
        ("guest", GuestSpec.fields.map(\.key)), ("network", NetworkSpec.fields.map(\.key)),
        ("kubernetes", ["cni"]), ("versions", VersionsSpec.fields.map(\.key).filter { $0 != "vault" }),
        ("vault", VaultSpec.fields.map(\.key)), ("pki", PKISpec.fields.map(\.key)),
    ]

    private static func home(of key: String) -> String? { sections.first { $0.1.contains(key) }?.0 }
}

extension Topology {
    static let fields: [Field<Topology>] = [
        Field(
            "version", "The version of this language.", required: true,
            schema: .number(in: languageVersion...languageVersion)
        ) { _, _, _ in
            // Read before everything else.
        },
        Field("name", \.name, .clusterName, required: true, "The cluster's name."),
        Field(
            "epoch", \.epoch, .date,
            "The moment that all dates in the bundle come from; a later one renews all certificates. SOURCE_DATE_EPOCH wins."
        ),
        Field("guest", \.guest, GuestSpec.fields, "What runs inside every machine."),
        Field("network", \.network, NetworkSpec.fields, "The machines' network and the cluster's two virtual ones."),
        Field("kubernetes", \.kubernetes, KubernetesSpec.fields, "The version and the pod network."),
        Field("versions", \.versions, VersionsSpec.fields, "What runs beside Kubernetes; follows from its version."),
        Field("vault", \.vault, VaultSpec.fields, "How the secrets machine behaves at boot."),
        Field("pki", \.pki, PKISpec.fields, "Lifetimes and generations of keys and certificates, and their subject."),
        Field(
            "users", "Accounts on every machine; the first is the one you log in as. Default: k8s.",
            schema: .list(of: .mapping(UserSpec.fields))
        ) { topology, reader, report in
            let users = reader.mappings("users", &report) { reader, position, report in
                var user = UserSpec(position: position)
                reader.read(UserSpec.fields, into: &user, &report)
                user.name.excuse(reader.refused ?? reader.misspelt()["name"])
                return user
            }
            topology.users = users.value ?? []
        },
        Field(
            "packages", "By role: packages of the guest's distribution that its machines get as well.",
            schema: .mapping(Role.allCases.map { ($0.rawValue, .list(of: Rule<String>.package.schema)) })
        ) { topology, reader, report in
            reader.mapping("packages", &report) { topology.packages = packages(&$0, &$1) }
        },
        Field(
            "accepted", \.accepted, listOf: .word("a note that can be accepted"),
            "What check need not say of this topology again."),
        Field(
            "machines", "All machines, in the order in which they are numbered.", required: true,
            schema: .list(of: .mapping(MachineSpec.fields)).with("minItems", 1)
        ) { topology, reader, report in
            topology.machines = reader.mappings("machines", &report) { reader, position, report in
                var machine = MachineSpec(path: reader.path, position: position)
                reader.read(MachineSpec.fields, into: &machine, &report)
                let misspelt = reader.misspelt()
                machine.name.excuse(reader.refused ?? misspelt["name"])
                machine.role.excuse(reader.refused ?? misspelt["role"])
                machine.address.excuse(reader.refused ?? misspelt["address"])
                machine.count.excuse(misspelt["count"])
                return machine
            }
        },
    ]

    /// Each key is a role; there are more things that a person may take for one than misspelt roles.
    private static func packages(_ reader: inout MappingReader, _ report: inout Report) -> [Role: [Setting<String>]] {
        var packages: [Role: [Setting<String>]] = [:]
        for (key, _) in reader.entries() {
            guard let role = Role(rawValue: key.value) else {
                let roles = Role.allCases.map(\.rawValue)
                let meant =
                    Suggestion.nearest(to: key.value, among: roles).map { "did you mean '\($0)'? Packages" }
                    ?? "expected one of: \(roles.joined(separator: ", ")); packages"
                report.error(
                    reader.subject(key.value), "'\(key.value)' is not a role", at: key.position,
                    help: "\(meant) of one machine belong into its own entry below 'machines:'")
                continue
            }
            packages[role] = reader.settings(key.value, .package, &report)
        }
        return packages
    }
}

extension GuestSpec {
    static let fields: [Field<GuestSpec>] = [
        Field("os", \.os, .word("a supported operating system"), "The operating system. Default: ubuntu-24.04."),
        Field(
            "architecture", \.architecture, .word("a supported architecture"),
            "The machines' processors. Default: arm64."),
        Field(
            "kernel", \.kernel, .word("a kind of kernel"),
            "A kernel of its own, or the host's, for machines that are containers."),
        Field(
            "cgroups", \.cgroups, .word("a kind of control groups"),
            "With a shared kernel: whether the host delegates controllers."),
        Field("image", \.image, .payload, "The payload that is the disk. Default: the system's cloud image."),
        Field("boot", "For an image without a boot loader.", schema: .mapping(BootSpec.fields)) {
            guest, reader, report in
            guard let position = reader.position(ofKey: "boot") else { return }
            var boot = BootSpec(position: position)
            reader.mapping("boot", &report) { reader, report in
                reader.read(BootSpec.fields, into: &boot, &report)
                boot.kernel.excuse(reader.refused)
                boot.initrd.excuse(reader.refused)
            }
            guest.boot = boot
        },
    ]
}

extension BootSpec {
    static let fields: [Field<BootSpec>] = [
        Field("kernel", \.kernel, .payload, required: true, "The payload that is the kernel."),
        Field("initrd", \.initrd, .payload, required: true, "The payload that is the initial RAM disk."),
        Field("arguments", \.arguments, .kernelCommandLine, "The kernel's command line. Default: root=/dev/vda rw."),
    ]
}

extension NetworkSpec {
    static let fields: [Field<NetworkSpec>] = [
        Field("subnet", \.subnet, .network, "The machines' network. Default: 192.168.64.0/24."),
        Field("gateway", \.gateway, .address, "Their way out. Default: the subnet's first address."),
        Field(
            "dns", "Servers that they ask for names. Default: the gateway.",
            schema: .list(of: Rule<IPv4Address>.address.schema).with("minItems", 1)
        ) { network, reader, report in
            guard reader.position(ofKey: "dns") != nil else { return }
            let count = report.count
            network.dns = reader.settings("dns", .address, &report)
            if network.dns.isEmpty, report.count == count {
                report.error(
                    "network.dns", "the list of name servers is empty", at: reader.position(ofKey: "dns"),
                    help: "add a server, or delete the line: then machines ask the gateway")
            }
        },
        Field("pods", \.pods, .network, "The pods' network. Default: 10.244.0.0/16."),
        Field("services", \.services, .network, "The services' addresses. Default: 10.96.0.0/12."),
        Field("api", \.api, .address, "The address that two load balancers share."),
        Field("domain", \.domain, .domain, "The cluster's DNS domain. Default: cluster.local."),
    ]
}

extension KubernetesSpec {
    static let fields: [Field<KubernetesSpec>] = [
        Field("version", \.version, .release(like: "1.36.4"), "The release of Kubernetes, such as 1.36.4."),
        Field("cni", \.cni, .word("a supported pod network"), "What connects pods. Default: calico."),
    ]
}

extension VersionsSpec {
    static let fields: [Field<VersionsSpec>] = [
        component("etcd", \.etcd), component("containerd", \.containerd), component("runc", \.runc),
        component("cni-plugins", \.cniPlugins), component("calico", \.calico), component("coredns", \.coredns),
        component("vault", \.vault),
    ]

    private static func component(
        _ key: String, _ path: Place<VersionsSpec, Setting<Version>>
    ) -> Field<VersionsSpec> {
        Field(key, path, .release(like: "1.15.4"), "The release of \(key). Default: what suits kubernetes.version.")
    }
}

extension VaultSpec {
    static let fields: [Field<VaultSpec>] = [
        Field(
            "auto-unseal", \.autoUnseal,
            "Keep the unseal shares on the machine and use them at boot: no stronger than its disk. Default: true.")
    ]
}

extension PKISpec {
    static let fields: [Field<PKISpec>] = [
        Field(
            "lifetimes", "How long certificates are valid, by tier.",
            schema: .mapping(Tier.allCases.map { ($0.rawValue, Rule<Lifetime>.lifetime.schema) })
        ) { pki, reader, report in
            reader.mapping("lifetimes", &report) { lifetimes, report in
                for tier in Tier.allCases {
                    pki.lifetimes[tier] = lifetimes.setting(tier.rawValue, .lifetime, &report)
                }
            }
        },
        Field(
            "generations", "By key, such as etcd-server/etcd-1: 2; a higher number makes a new key.",
            schema: .mapping(ofAny: .number(in: generationRange))
        ) { pki, reader, report in
            reader.mapping("generations", &report) { generations, report in
                for (key, _) in generations.entries() {
                    let value = generations.number(key.value, in: generationRange, &report) { number in
                        Refusal(
                            message: "generation \(number) is out of range",
                            help: "the first is 1; add one to make a new key")
                    }
                    pki.generations.append((key, value))
                }
            }
        },
        Field(
            "subject", "What all certificates have in their subject.",
            schema: .mapping(SubjectField.allCases.map { ($0.rawValue, Rule<String>.subject($0).schema) })
        ) { pki, reader, report in
            reader.mapping("subject", &report) { subject, report in
                for field in SubjectField.allCases {
                    pki.subject[field] = subject.setting(field.rawValue, .subject(field), &report)
                }
            }
        },
    ]

    private static let generationRange = 1...1_000_000
}

extension UserSpec {
    static let fields: [Field<UserSpec>] = [
        Field("name", \.name, .userName, required: true, "The account's name."),
        Field("ssh-keys", \.sshKeys, listOf: .publicKey, "Public keys, as a .pub file has them."),
    ]
}

extension MachineSpec {
    static let fields: [Field<MachineSpec>] = [
        Field(
            "name", \.name, .anything, required: true, "The machine's name; of a group, what stands before -1, -2, …"),
        Field("role", \.role, .word("a role"), required: true, "What the machine is for."),
        Field("address", \.address, .address, required: true, "Its address in network.subnet; of a group, the first."),
        Field("count", \.count, in: 1...largestGroup, "A group of so many equal machines at consecutive addresses.") {
            Refusal(message: "a group of \($0) machines is not possible", help: "expected 1 to \(largestGroup)")
        },
        Field("cpus", \.cpus, in: 1...256, "Processors.") {
            Refusal(message: "\($0) CPUs are not possible", help: "expected 1 to 256")
        },
        Field("memory", \.memory, .size(atLeast: ByteSize(mebibytes: 128)), "Memory, such as 2GiB."),
        Field("disk", \.disk, .size(atLeast: .gibibytes(2)), "Disk, such as 20GiB."),
        Field("mac", \.mac, .unicastMAC, "The MAC address. Default: derived from the name."),
        Field("packages", \.packages, listOf: .package, "Packages of the distribution, beside those of its role."),
    ]
}
