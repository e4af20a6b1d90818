import BundleFormat
import Testing
import Values

/// The documents of a bundle: what comes back, and what nobody can smuggle in.
struct DocumentTests {
    private static func value<Value>(_ parsed: Value?) throws -> Value { try #require(parsed) }

    static func plan() throws -> LaunchPlan {
        func machine(_ name: String, _ role: Role, _ number: Int, forwards: Bool = false) throws -> LaunchDefinition {
            LaunchDefinition(
                name: name, role: role, uuid: try value(MachineUUID("6F9619FF-8B86-8011-B42D-00CF4FC9640\(number)")),
                mac: try value(MACAddress("52:54:00:00:00:0\(number)")),
                address: try value(IPv4Address("192.168.64.1\(number)")), cpus: 2, memory: .gibibytes(2),
                disk: .gibibytes(20), image: "image-debian-13-arm64",
                forwardMAC: forwards ? try value(MACAddress("52:54:00:00:01:0\(number)")) : nil)
        }
        return LaunchPlan(
            cluster: "ha", architecture: .arm64, sharesKernel: false,
            subnet: try IPv4Network(parsing: "192.168.64.0/24"), gateway: try value(IPv4Address("192.168.64.1")),
            boot: DirectBoot(kernel: "guest-kernel", initrd: "guest-initrd", arguments: "root=/dev/vda rw"),
            machines: [try machine("etcd-1", .etcd, 1), try machine("jump", .jump, 2, forwards: true)])
    }

    static func description() throws -> BundleDescription {
        let digest = try Digest(hex: String(repeating: "a", count: 64))
        let file = DescribedFile(
            path: "/etc/etcd/etcd.conf.yml", permissions: 0o644, owner: "root", group: "root", exposure: .open,
            origin: "etcd/etcd.conf.yml", digest: digest, size: 12)
        let key = DescribedFile(
            path: "/etc/etcd/key.pem", permissions: 0o640, owner: "root", group: "etcd", exposure: .secret,
            origin: "pki:etcd-server", digest: nil, size: nil)
        let documents = [
            DescribedFile(
                path: "user-data", permissions: 0o644, owner: "root", group: "root", exposure: .derived,
                origin: "cloud-init/user-data", digest: nil, size: nil, frame: digest),
            DescribedFile(
                path: "meta-data", permissions: 0o644, owner: "root", group: "root", exposure: .open,
                origin: "cloud-init/meta-data", digest: digest, size: 12),
            DescribedFile(
                path: "network-config", permissions: 0o644, owner: "root", group: "root", exposure: .open,
                origin: "cloud-init/network-config", digest: digest, size: 12),
        ]
        let configuration = MachineConfiguration(
            units: [MachineUnit(name: "etcd.service", isEnabled: true)])
        var tables = DescriptionTables()
        let machines = try plan().machines.map { machine in
            DescribedMachine(
                name: machine.name, role: machine.role, address: machine.address, mac: machine.mac, line: 20,
                files: (documents + [file, key]).map { tables.number(of: $0) },
                configuration: tables.number(of: configuration))
        }
        return BundleDescription(
            name: "ha", epoch: try value(Timestamp("2026-11-22")), kubernetesVersion: Version(1, 32, 0),
            api: APIEndpoint(address: try value(IPv4Address("192.168.64.10")), port: 6443), login: "k8s",
            toolVersion: "0.1.0", inputs: BuildInputs(topology: digest, lock: digest),
            architecture: .arm64, launch: DescribedDocument(digest: digest, size: 12), tables: tables,
            machines: machines,
            operatorFiles: [
                DescribedOperatorFile(
                    path: "kubeconfig", permissions: 0o600, exposure: .secret, origin: "operator/kubeconfig")
            ],
            payloads: [
                DescribedPayload(
                    name: "etcd", kind: .archive, release: "3.5.12", digest: digest, size: 5,
                    url: "https://example.org/etcd.tar.gz",
                    licence: DeclaredLicence("Apache-2.0", at: "https://example.org/LICENSE"))
            ],
            templates: [(path: "etcd/etcd.service", digest: digest)])
    }

    @Test func comeBackAsTheyWere() throws {
        let plan = try Self.plan()
        let planBytes = CanonicalJSON.encode(plan.json)
        #expect(try LaunchPlan(parsing: planBytes) == plan)
        #expect(try CanonicalJSON.encode(LaunchPlan(parsing: planBytes).json) == planBytes)
        let description = try Self.description()
        let bytes = CanonicalJSON.encode(description.json)
        #expect(try BundleDescription(parsing: bytes) == description)
        #expect(String(decoding: bytes, as: UTF8.self).contains(#""apiURL":"https://192.168.64.10:6443""#))
        #expect(String(decoding: bytes, as: UTF8.self).contains(#""epoch":"2026-11-22T00:00:00Z""#))
    }

    /// Each change of the launch definitions, and what the reader says of it.
    @Test(
        arguments: [
            (
                "machines.0.name", "../../../victim",
                "machines[0].name: \"../../../victim\" is not a name: expected 1 to 63"
            ),
            ("machines.0.name", "etcd-1\nroute add default", "machines[0].name: \"etcd-1?route add default\" is not"),
            ("machines.0.name", "-x", "machines[0].name: \"-x\" is not a name"),
            ("machines.0.name", "", "machines[0].name: \"\" is not a name"),
            ("machines.0.seed", "../other.iso", "machines[0].seed: expected \"etcd-1.iso\""),
            ("machines.1.name", "etcd-1", "machines[1].seed: expected \"etcd-1.iso\""),
            ("machines.0.role", "king", "machines[0].role: \"king\" is not one of load-balancer, vault"),
            ("machines.0.uuid", "6f9619ff-8b86-8011-b42d-00cf4fc96401", "machines[0].uuid: "),
            ("machines.0.uuid", "6F9619FF", "machines[0].uuid: \"6F9619FF\" is not a UUID"),
            ("machines.0.uuid", "6F9619FF-8B86-8011-B42D-00CF4FC96402", "machines[1].uuid: "),
            ("machines.0.mac", "52:54:00:00:00:01,romfile=x", "machines[0].mac: "),
            ("machines.0.mac", "53:54:00:00:00:01", "machines[0].mac: \"53:54:00:00:00:01\" is not the MAC address"),
            ("machines.0.mac", "52:54:00:00:00:+1", "machines[0].mac: "),
            ("machines.0.mac", "52:54:00:00:00:02", "machines[1].mac: \"52:54:00:00:00:02\" occurs twice"),
            ("machines.1.forwardMAC", "52:54:00:00:00:01", "machines[1].forwardMAC: 52:54:00:00:00:01 is also"),
            ("machines.0.address", "192.168.64.11\nlink set lo down", "machines[0].address: "),
            ("machines.0.address", "192.168.65.11", "machines[0].address: 192.168.65.11 is not in the subnet"),
            ("machines.0.address", "192.168.64.1", "machines[0].address: 192.168.64.1 is the gateway's"),
            ("machines.0.address", "192.168.64.12", "machines[1].address: \"192.168.64.12\" occurs twice"),
            ("machines.0.memoryMiB", 0, "machines[0].memoryMiB: 0 is not between 1 and"),
            ("machines.0.image", "../images/x", "machines[0].image: \"../images/x\" is not a payload's name"),
            ("machines.0.image", "x,file.driver=http", "machines[0].image: "),
            ("machines.0.surprise", true, "machines[0].surprise: is not known here"),
            ("boot.kernel", "a/b", "boot.kernel: \"a/b\" is not a payload's name"),
            ("boot.initrd", "a..b", "boot.initrd: \"a..b\" is not a payload's name"),
            ("boot.arguments", "rw\u{1B}[2J", "boot.arguments: \"rw?[2J\" is not one line of printable ASCII"),
            (
                "boot.arguments", .string(String(repeating: "a", count: 2049)),
                "boot.arguments: is longer than 2048 bytes"
            ),
            ("gateway", "192.168.65.1", "gateway: 192.168.65.1 is not in the subnet 192.168.64.0/24"),
            ("gateway", "192.168.64.1\naddress add", "gateway: "),
            ("subnet", "192.168.64.1/24", "subnet: \"192.168.64.1/24\" is not an IPv4 network"),
            ("subnet", "fd00::/64", "subnet: "),
            ("depotLabel", "cidata", "depotLabel: expected \"SLIPWAY\""),
            ("cluster", "../x", "cluster: \"../x\" is not a name"),
            ("architecture", "riscv", "architecture: \"riscv\" is not one of arm64, amd64"),
            ("surprise", 1, "surprise: is not known here"),
        ] as [(String, JSONValue, String)])
    func launchDefinitionsAreRefused(path: String, value: JSONValue, message: String) throws {
        let json = try Self.plan().json.setting(path, to: value)
        let error = #expect(throws: FormatError.self) { try LaunchPlan(parsing: CanonicalJSON.encode(json)) }
        #expect(error?.description.hasPrefix(message) == true, "\(error?.description ?? "accepted")")
    }

    /// Each change of the description, and what the reader says of it.
    @Test(
        arguments: [
            ("name", "a b", "name: \"a b\" is not a name"),
            ("epoch", "2026-11-22", "epoch: \"2026-11-22\" is not a time in UTC"),
            ("kubernetesVersion", "v1.32.0", "kubernetesVersion: \"v1.32.0\" is not a version"),
            ("apiURL", "https://evil.example:6443", "apiURL: "),
            ("apiURL", "https://192.168.64.10:6443/x", "apiURL: "),
            ("apiURL", "http:///192.168.64.10:6443", "apiURL: "),
            ("apiURL", "https://192.168.64.10:06443", "apiURL: "),
            ("login", "root;id", "login: \"root;id\" is not an account name"),
            ("toolVersion", "0.1\u{1B}[31m", "toolVersion: "),
            ("machines.1.name", "etcd-1", "machines[1].name: \"etcd-1\" occurs twice"),
            ("machines.1.mac", "52:54:00:00:00:01", "machines[1].mac: \"52:54:00:00:00:01\" occurs twice"),
            ("configurations.0.units.0.name", "--now", "configurations[0].units[0].name: \"--now\" is not a unit name"),
            ("machines.0.files.1", 7, "machines[0].files: 7 is not the number of a file in use"),
            ("machines.0.configuration", 1, "machines[0].configuration: 1 is not the number of a configuration"),
            ("files.2.path", "/etc/network", "machines[0].files: network-config is missing"),
            ("files.3.mode", "4755", "files[3].mode: no file of a bundle runs as somebody else"),
            ("files.3.path", "/etc/../x", "files[3].path: path \"/etc/../x\" is refused"),
            ("files.3.exposure", "hidden", "files[3].exposure: \"hidden\" is not one of open"),
            ("files.3.exposure", "secret", "files[3]: digest and size belong to open files"),
            ("files.4.path", "/etc/etcd/etcd.conf.yml", "machines[0] (etcd-1): files[1].path: "),
            ("payloads.0.name", "..", "payloads[0].name: \"..\" is not a payload's name"),
            ("payloads.0.kind", "rpm", "payloads[0].kind: \"rpm\" is not one of binary"),
            ("templates.0.path", "/etc/x", "templates[0].path: "),
            ("surprise", 1, "surprise: is not known here"),
        ] as [(String, JSONValue, String)])
    func descriptionsAreRefused(path: String, value: JSONValue, message: String) throws {
        let json = try Self.description().json.setting(path, to: value)
        let error = #expect(throws: FormatError.self) { try BundleDescription(parsing: CanonicalJSON.encode(json)) }
        #expect(error?.description.hasPrefix(message) == true, "\(error?.description ?? "accepted")")
    }
}

extension JSONValue {
    /// The same document with another value at a place such as `machines.0.name`; nil removes the member.
    func setting(_ path: String, to value: JSONValue?) -> JSONValue {
        setting(path.split(separator: ".").map(String.init)[...], to: value)
    }

    func setting(_ path: ArraySlice<String>, to value: JSONValue?) -> JSONValue {
        guard let step = path.first else { return value ?? .null }
        switch self {
        case .object(var object):
            let isLast = path.count == 1
            object[step] = isLast ? value : (object[step] ?? .null).setting(path.dropFirst(), to: value)
            return .object(object)
        case .array(var elements):
            guard let index = Int(step) else { return self }
            elements[index] = elements[index].setting(path.dropFirst(), to: value)
            return .array(elements)
        default: return self
        }
    }
}
