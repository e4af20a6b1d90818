import Archive
import BundleFormat
import LaunchingSupport
import Values

@testable import Launching

/// A bundle of three machines and what goes with it, in as many variants as `up` tells apart. A digest is 64 times one digit.
struct UpSample {
    var cluster = "lab"
    var media = Media.images
    var provider = ProviderName.qemu
    var bundle: Character = "a"
    var machines = ["jump", "etcd-1", "worker-1"]
    var hasSecretPart = true
    /// Those that are not the first bundle's.
    var seeds: [String: Character] = [:]
    var operatorKey: Character = "1"
    var baseTree: String? = "/base"
    var depot: Character = "d"
    /// What every machine needs.
    var payloads: [Character] = []
    var depotHolds: [Character] = ["4"]
    var bootFile = Offer.BootFile.pinned(file: "image-aa")

    static let nothing = UpState(paths: paths)

    private static var paths: InstancePaths {
        do { return try InstancePaths(name: "lab", root: "/s") } catch { preconditionFailure("\(error)") }
    }

    static func digest(_ digit: Character) -> Digest { Digest(hashing: Array(String(digit).utf8)) }

    func goal(machines named: [String] = []) -> UpGoal {
        let definitions = machines.enumerated().map { index, name in
            Sample.machine(name, name == "jump" ? .jump : name.hasPrefix("etcd") ? .etcd : .worker, index + 1)
        }
        let plan = LaunchPlan(
            cluster: cluster, architecture: Sample.plan.architecture, sharesKernel: media == .directories,
            subnet: Sample.plan.subnet, gateway: Sample.plan.gateway, machines: definitions)
        let needed = payloads.map {
            MachinePayload(name: "payload-\($0)", digest: Self.digest($0), size: 1, kind: .binary)
        }
        return UpGoal(
            bundle: "lab.tar", bundleDigest: Self.digest(bundle), login: "k8s", plan: plan,
            seeds: Dictionary(uniqueKeysWithValues: machines.map { ($0, Self.digest(seeds[$0] ?? "5")) }),
            hasSecretPart: hasSecretPart,
            operatorFiles: ["id_operator": Self.digest(operatorKey), "known_hosts": Self.digest("2")],
            payloads: Dictionary(uniqueKeysWithValues: machines.map { ($0, needed) }),
            offer: Offer(
                baseTree: media == .directories ? baseTree : nil,
                depot: .init(
                    listing: Self.digest(depot), payloads: Set(depotHolds.map(Self.digest))),
                bootFiles: ["image": bootFile]),
            machines: named, provider: provider, media: media)
    }
}
