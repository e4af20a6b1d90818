import BundleFormat
public import PKI
import Unbundling
public import Values

/// Every certificate of a cluster, each once, below the authority that signed it.
public struct CertificateTree: Sendable {
    public struct Node: Sendable {
        public let certificate: CertificateSummary
        /// `etcd-1:/etc/etcd/pki/server.crt`, in the order of machines; the operator's come last.
        public internal(set) var places: [String]
        public internal(set) var children: [Node] = []
    }

    /// Those that nobody above has signed, as far as is known.
    public let roots: [Node]

    /// All certificates, without order.
    public let count: Int

    /// - Parameter oneOfEachRole: looks at the first machine of each role only. All dates follow from the epoch and the lifetimes, so
    ///   that tells whether something is due, at once also for 10,000 machines.
    /// - Throws: what reading the side throws.
    public init(of side: ClusterSide, oneOfEachRole: Bool = false) throws {
        var places: [String: (certificate: CertificateSummary, places: [String])] = [:]
        var order: [String] = []
        func add(_ bytes: [UInt8], _ place: String) {
            for certificate in CertificateSummary.all(in: bytes) {
                if places[certificate.fingerprint] == nil {
                    order.append(certificate.fingerprint)
                    places[certificate.fingerprint] = (certificate, [])
                }
                places[certificate.fingerprint]?.places.append(place)
            }
        }
        var roles: Set<Role> = []
        for definition in side.plan.machines where !oneOfEachRole || roles.insert(definition.role).inserted {
            for file in try side.machine(definition).files {
                // Keys are long and many, and no certificates are in them.
                guard let bytes = file.bytes, !file.path.hasSuffix(".key") else { continue }
                add(bytes, "\(definition.name):\(file.path)")
            }
        }
        for (path, bytes) in try side.operatorFiles() { add(bytes, "operator:\(path)") }
        let all = order.compactMap { places[$0] }
        count = all.count
        roots = Self.tree(all.map { Node(certificate: $0.certificate, places: $0.places) })
    }

    /// A certificate that an authority issued to itself beside the one from above is an anchor of its own.
    private static func tree(_ nodes: [Node]) -> [Node] {
        let authorities = nodes.indices.filter { nodes[$0].certificate.isAuthority }
        var children: [Int: [Int]] = [:]
        var roots: [Int] = []
        for index in nodes.indices {
            let certificate = nodes[index].certificate
            let parents = authorities.filter {
                $0 != index && !certificate.isSelfSigned && certificate.isSigned(by: nodes[$0].certificate)
            }
            // Below the one that has somebody above it, where there are two of the same key.
            if let parent = parents.first(where: { !nodes[$0].certificate.isSelfSigned }) ?? parents.first {
                children[parent, default: []].append(index)
            } else {
                roots.append(index)
            }
        }
        func grown(_ index: Int, depth: Int) -> Node {
            var node = nodes[index]
            // Two that say to have signed each other make no circle here.
            if depth < 10 { node.children = (children[index] ?? []).map { grown($0, depth: depth + 1) } }
            return node
        }
        return roots.map { grown($0, depth: 0) }
    }

    /// From above, with how deep each is.
    public var all: [(node: Node, depth: Int)] {
        func list(_ node: Node, _ depth: Int) -> [(Node, Int)] {
            [(node, depth)] + node.children.flatMap { list($0, depth + 1) }
        }
        return roots.flatMap { list($0, 0) }
    }

    /// Those whose lifetime is over by two thirds or more.
    public func due(at now: Timestamp) -> [Node] { all.map(\.node).filter { $0.certificate.renewal <= now } }
}
