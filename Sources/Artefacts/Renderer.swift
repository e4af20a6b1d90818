public import BuildPlan
public import ClusterModel
import PKI
public import Values

/// Turns planned files into bytes.
///
/// Pure: the same plan, templates and secret give the same bytes. Machines are independent of each other, so a caller may
/// render them on several threads.
public struct Renderer: Sendable {
    private let plan: ClusterPlan
    private let templates: TemplateLibrary

    public init(plan: ClusterPlan, templates: TemplateLibrary) {
        self.plan = plan
        self.templates = templates
    }

    /// - Throws: ``TemplateError``, ``PKIError`` or ``ArtefactError``.
    public func render(_ machine: MachinePlan, from authorities: Authorities) throws -> MachineArtefacts {
        let credentials = try Credentials(for: machine, of: plan.cluster, from: authorities)
        let context = TemplateContext(plan: plan, machine: machine.machine)
        return MachineArtefacts(
            plan: machine, files: try machine.files.map { try render($0, context, credentials) },
            seedDocuments: try machine.seedDocuments.map { try render($0, context, credentials) })
    }

    /// The operator's files.
    ///
    /// - Throws: ``TemplateError``, ``PKIError`` or ``ArtefactError``.
    public func renderOperatorFiles(from authorities: Authorities) throws -> [RenderedFile] {
        let credentials = try Credentials(forOperatorOf: plan, from: authorities)
        let context = TemplateContext(plan: plan, machine: nil)
        return try plan.operator.files.map { try render($0, context, credentials) }
    }

    private func render(
        _ file: FilePlan, _ context: TemplateContext, _ credentials: Credentials
    ) throws -> RenderedFile {
        RenderedFile(plan: file, bytes: try bytes(of: file.content, context, credentials))
    }

    /// One file with where each part of it comes from: the template's line, and the name of the value.
    ///
    /// - Parameters:
    ///   - machine: whose file it is; nil for the operator's.
    ///   - authorities: nil where no secret is at hand; then only open files can be traced.
    /// - Returns: nil for what is not open without authorities.
    /// - Throws: ``TemplateError``, ``PKIError`` or ``ArtefactError``.
    public func trace(_ file: FilePlan, of machine: MachinePlan?, from authorities: Authorities?) throws -> TracedText?
    {
        let context = TemplateContext(plan: plan, machine: machine?.machine)
        if case .template(let name, .open) = file.content, case .open(let values) = TemplateRegistry.sources[name] {
            return try templates.template(name).trace(values(context))
        }
        if case .program(let name) = file.content {
            let bytes = try templates.program(name)
            let span = TracedText.Span(range: 0..<bytes.count, file: name.path, line: 1, value: nil, sections: [])
            return TracedText(bytes: bytes, spans: [span])
        }
        guard let authorities else { return nil }
        let credentials =
            try machine.map { try Credentials(for: $0, of: plan.cluster, from: authorities) }
            ?? Credentials(forOperatorOf: plan, from: authorities)
        switch file.content {
        case .template(let name, let exposure):
            return try templates.template(name).trace(values(for: name, exposure, context, credentials))
        case .kubeconfig(let kind, let server):
            let values = try KubeconfigValues.values(for: kind, server: server, plan.cluster, credentials)
            return try templates.template(.kubeconfig).trace(values)
        default: return TracedText(bytes: try bytes(of: file.content, context, credentials), spans: [])
        }
    }

    private func bytes(
        of content: FileContent, _ context: TemplateContext, _ credentials: Credentials
    ) throws -> [UInt8] {
        switch content {
        case .template(let name, let exposure):
            let values = try values(for: name, exposure, context, credentials)
            return try templates.template(name).render(values)
        case .program(let name): return try templates.program(name)
        case .kubeconfig(let kind, let server):
            let values = try KubeconfigValues.values(for: kind, server: server, plan.cluster, credentials)
            return try templates.template(.kubeconfig).render(values)
        default: return Array(try credentials.text(of: content).utf8)
        }
    }

    private func values(
        for name: TemplateName, _ exposure: Exposure, _ context: TemplateContext, _ credentials: Credentials
    ) throws -> TemplateValues {
        switch TemplateRegistry.sources[name] {
        case .open(let values): return try values(context)
        case .derived(let values):
            // An open file must not depend on the secrets file, or the public digest would.
            guard exposure != .open else { throw ArtefactError.exposureMismatch(name) }
            return try values(context, credentials)
        case nil: throw ArtefactError.noValues(name)
        }
    }
}

/// Everything that is rendered for one machine.
public struct MachineArtefacts: Sendable {
    public let plan: MachinePlan
    /// The files the applier places, in the plan's order.
    public let files: [RenderedFile]
    /// The cloud-init documents at the root of the seed.
    public let seedDocuments: [RenderedFile]
}

/// A planned file with its bytes.
public struct RenderedFile: Sendable, Hashable {
    public let plan: FilePlan
    public let bytes: [UInt8]
}

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
    /// A file asks for a key that the plan does not have.
    case noKey(KeyKind)
    /// The bridge network was planned for a worker that has no pod range.
    case noPodRange(String)
    /// A template needs a machine of this role, the cluster has none.
    case noMachine(Role)

    public var description: String {
        switch self {
        case .notForMachine: "a machine's template was planned for the operator"
        case .noValues(let name): "no consumer gives values for templates/\(name); add it to a ValuesConsumer"
        case .exposureMismatch(let name): "templates/\(name) is planned as open but needs the secrets file"
        case .noLeaf(let kind, let holder): "'\(holder)' has no \(kind.rawValue) certificate in the plan"
        case .noKey(let kind): "there is no \(kind.rawValue) key in the plan"
        case .noAuthority(let name): "the plan has no authority \(name.rawValue)"
        case .noPodRange(let machine): "the worker '\(machine)' has no pod range"
        case .noMachine(let role): "the cluster has no machine of the role \(role.rawValue)"
        }
    }
}
