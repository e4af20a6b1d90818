public import Diagnostics
import Yams

/// Reads a topology: strict YAML in, ``Topology`` with a place for every value out.
public enum TopologyReader {
    /// Reads the whole file and reports everything that is wrong with its form: unknown keys, wrong types, repeated keys.
    ///
    /// - Returns: what could be read, or `nil` when the text is not a YAML mapping. Look at the report before using it.
    public static func read(_ source: SourceText, into report: inout Report) -> Topology? {
        guard let document = YAMLParser.parse(source, &report) else { return nil }
        guard document.mapping(document.root, path: "", &report) != nil else { return nil }
        var reader = MappingReader(document.root, document: document, path: "", &report)
        var topology = Topology()
        readVersion(&reader, document, &report)
        topology.name = reader.text("name", &report)
        topology.epoch = reader.text("epoch", &report)
        reader.mapping("guest", &report) { topology.guest = guest(&$0, &$1) }
        reader.mapping("network", &report) { topology.network = network(&$0, &$1) }
        reader.mapping("kubernetes", &report) { topology.kubernetes = kubernetes(&$0, &$1) }
        reader.mapping("versions", &report) { topology.versions = versions(&$0, &$1) }
        reader.mapping("vault", &report) { topology.vault.autoUnseal = $0.flag("auto-unseal", &$1) }
        reader.mapping("pki", &report) { topology.pki = pki(&$0, &$1) }
        reader.mappings("users", &report) { topology.users.append(user(&$0, $1, &$2)) }
        reader.mappings("machines", &report) { topology.machines.append(machine(&$0, $1, &$2)) }
        if reader.position(ofKey: "machines") == nil {
            report.error(
                "machines", "no machines are described", at: document.position(of: document.root),
                help: "add a list 'machines:'; topologies/simple.yaml is a small example")
        }
        reader.finish(&report)
        return topology
    }

    private static func readVersion(_ reader: inout MappingReader, _ document: YAMLDocument, _ report: inout Report) {
        let supported = Topology.languageVersion
        guard let version = reader.integer("version", &report) else {
            if reader.position(ofKey: "version") == nil {
                report.error(
                    "version", "the key 'version' is missing", at: document.position(of: document.root),
                    help: "add 'version: \(supported)' as the first line")
            }
            return
        }
        if version.value != supported {
            report.error(
                "version", "version \(version.value) of the topology language is unknown", at: version.position,
                help: "this slipway reads version \(supported)")
        }
    }

    private static func guest(_ reader: inout MappingReader, _ report: inout Report) -> GuestSpec {
        var guest = GuestSpec()
        guest.os = reader.text("os", &report)
        guest.architecture = reader.text("architecture", &report)
        guest.kernel = reader.text("kernel", &report)
        guest.cgroups = reader.text("cgroups", &report)
        guest.image = reader.text("image", &report)
        if let position = reader.position(ofKey: "boot") {
            var boot = BootSpec(position: position)
            reader.mapping("boot", &report) { reader, report in
                boot.kernel = reader.text("kernel", &report)
                boot.initrd = reader.text("initrd", &report)
                boot.arguments = reader.text("arguments", &report)
            }
            guest.boot = boot
        }
        return guest
    }

    private static func network(_ reader: inout MappingReader, _ report: inout Report) -> NetworkSpec {
        var network = NetworkSpec()
        network.subnet = reader.text("subnet", &report)
        network.gateway = reader.text("gateway", &report)
        network.dns = reader.texts("dns", &report)
        network.pods = reader.text("pods", &report)
        network.services = reader.text("services", &report)
        network.domain = reader.text("domain", &report)
        return network
    }

    private static func kubernetes(_ reader: inout MappingReader, _ report: inout Report) -> KubernetesSpec {
        var kubernetes = KubernetesSpec()
        kubernetes.version = reader.text("version", &report)
        kubernetes.cni = reader.text("cni", &report)
        return kubernetes
    }

    private static func versions(_ reader: inout MappingReader, _ report: inout Report) -> VersionsSpec {
        var versions = VersionsSpec()
        versions.etcd = reader.text("etcd", &report)
        versions.containerd = reader.text("containerd", &report)
        versions.runc = reader.text("runc", &report)
        versions.cniPlugins = reader.text("cni-plugins", &report)
        versions.calico = reader.text("calico", &report)
        versions.coredns = reader.text("coredns", &report)
        versions.vault = reader.text("vault", &report)
        return versions
    }

    private static func pki(_ reader: inout MappingReader, _ report: inout Report) -> PKISpec {
        var pki = PKISpec()
        reader.mapping("lifetimes", &report) { lifetimes, report in
            for tier in PKISpec.tiers { pki.lifetimes[tier] = lifetimes.text(tier, &report) }
        }
        reader.mapping("generations", &report) { generations, report in
            for (key, node) in generations.entries() {
                let path = generations.subject(key.value)
                if let value = generations.document.integer(node, path: path, &report) {
                    pki.generations.append((key, value))
                }
            }
        }
        reader.mapping("subject", &report) { subject, report in
            for field in PKISpec.subjectFields { pki.subject[field] = subject.text(field, &report) }
        }
        return pki
    }

    private static func user(
        _ reader: inout MappingReader, _ position: SourcePosition, _ report: inout Report
    ) -> UserSpec {
        var user = UserSpec(position: position)
        user.name = reader.text("name", &report)
        user.sshKeys = reader.texts("ssh-keys", &report) ?? []
        return user
    }

    private static func machine(
        _ reader: inout MappingReader, _ position: SourcePosition, _ report: inout Report
    ) -> MachineSpec {
        var machine = MachineSpec(position: position)
        machine.name = reader.text("name", &report)
        machine.role = reader.text("role", &report)
        machine.address = reader.text("address", &report)
        machine.count = reader.integer("count", &report)
        machine.cpus = reader.integer("cpus", &report)
        machine.memory = reader.text("memory", &report)
        machine.disk = reader.text("disk", &report)
        machine.mac = reader.text("mac", &report)
        return machine
    }
}
