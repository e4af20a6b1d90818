public import BuildPlan
import ClusterModel
public import Values

/// A contradiction between the plan and what can be rendered; each is a mistake in Slipway or its templates, not in a topology.
public enum ArtefactError: Error, Sendable, Hashable, CustomStringConvertible {
    /// A template that describes a machine was planned among the operator's files.
    case notForMachine
    /// No consumer gives values for this template.
    case noValues(TemplateName)
    /// The plan calls the template open, its values come from the secrets file.
    case exposureMismatch(TemplateName)
    /// A file asks for a certificate that its holder was not planned to have.
    case noLeaf(LeafKind, holder: String)
    /// A leaf names an authority that the plan does not have.
    case noAuthority(AuthorityName)
    /// A file asks for an SSH key that nobody was given.
    case noSSHKey(SSHUser)
    /// The bridge network was planned for a worker that has no pod range.
    case noPodRange(String)
    /// A template needs a machine of this role, the cluster has none.
    case noMachine(Role)

    public var description: String {
        switch self {
        case .notForMachine: "a machine's template was planned for the operator"
        case .noValues(let name): "no consumer gives values for templates/\(name); add it to a TemplateConsumer"
        case .exposureMismatch(let name): "templates/\(name) is planned as open but needs the secrets file"
        case .noLeaf(let kind, let holder): "'\(holder)' has no \(kind.rawValue) certificate in the plan"
        case .noSSHKey(let user): "there is no SSH key of '\(user.rawValue)'"
        case .noAuthority(let name): "the plan has no authority \(name.rawValue)"
        case .noPodRange(let machine): "the worker '\(machine)' has no pod range"
        case .noMachine(let role): "the cluster has no machine of the role \(role.rawValue)"
        }
    }
}
