package vn.truc.compare;

import com.amazon.corretto.crypto.provider.AmazonCorrettoCryptoProvider;
import io.undertow.Undertow;
import io.undertow.UndertowOptions;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import io.undertow.util.Methods;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.logging.Logger;

/**
 * The service behind nginx: `POST /v1/documents` with a signed package is answered 201 with a receipt
 * when the package stands durably in the queue of every recipient. Its one argument is a file of
 * settings; it prints its port when it is ready.
 */
public final class Service {
    static final String EXCHANGE = "documents";

    private static final Logger LOG = Logger.getLogger("service");
    private static final HttpString CLIENT_CERTIFICATE = new HttpString("X-Client-Certificate");
    private static final long BODY_BYTES_MAX = 32L << 20;
    private static final int IN_FLIGHT_MAX = 512;
    private static final int CLIENTS_REMEMBERED_MAX = 20_000;

    private final ThreadLocal<PackageReader> readers;
    private final ReceiptSigner receipts;
    private final Mailboxes mailboxes;
    private final Semaphore inFlight = new Semaphore(IN_FLIGHT_MAX);
    private final Map<String, Set<String>> agenciesOfClients = new ConcurrentHashMap<>();

    private Service(Properties settings) throws Exception {
        var signers = new Signers(Path.of(settings.getProperty("ca")), paths(settings.getProperty("crls")));
        readers = ThreadLocal.withInitial(() -> new PackageReader(signers));
        receipts = new ReceiptSigner(Path.of(settings.getProperty("receipt_key")),
                                     Path.of(settings.getProperty("receipt_chain")));
        mailboxes = new Mailboxes(Integer.parseInt(settings.getProperty("amqp_port")), EXCHANGE,
                                  words(settings.getProperty("recipients")));
    }

    public static void main(String[] arguments) throws Exception {
        var settings = new Properties();
        try (var reader = Files.newBufferedReader(Path.of(arguments[0]))) {
            settings.load(reader);
        }
        AmazonCorrettoCryptoProvider.install();
        AmazonCorrettoCryptoProvider.INSTANCE.assertHealthy();
        var service = new Service(settings);
        var cores = Runtime.getRuntime().availableProcessors();
        var server = Undertow.builder()
            .addHttpListener(0, "127.0.0.1", service::receive)
            .setIoThreads(cores)
            .setWorkerThreads(cores)
            .setServerOption(UndertowOptions.MAX_ENTITY_SIZE, BODY_BYTES_MAX)
            .build();
        server.start();
        var address = (InetSocketAddress) server.getListenerInfo().get(0).getAddress();
        System.out.println(address.getPort());
    }

    private void receive(HttpServerExchange exchange) {
        if (!exchange.getRequestMethod().equals(Methods.POST) || !exchange.getRequestPath().equals("/v1/documents")) {
            refuse(exchange, new Refusal(404, "only POST /v1/documents"));
        } else if (!inFlight.tryAcquire()) {
            exchange.getResponseHeaders().put(Headers.RETRY_AFTER, 1);
            refuse(exchange, new Refusal(503, "busy"));
        } else {
            exchange.addExchangeCompleteListener((done, next) -> {
                inFlight.release();
                next.proceed();
            });
            exchange.dispatch(() -> accept(exchange));
        }
    }

    // On a worker thread: everything up to the publication. The answer waits for the confirm. Reading
    // does not wait: nginx passes a request on when it has all of it.
    private void accept(HttpServerExchange exchange) {
        try {
            exchange.startBlocking();
            var octets = exchange.getInputStream().readAllBytes();
            var read = readers.get().read(octets);
            if (!clientOf(exchange).contains(read.sender()))
                throw new Refusal(403, "the client may not send for the sender");
            if (!mailboxes.has(read.recipients())) throw new Refusal(422, "a recipient is unknown");
            var transfer = UUID.randomUUID().toString();
            var receipt = receipts.accepted(read, transfer, octets);
            var durable = mailboxes.put(read.recipients(), octets);
            durable.whenComplete((nothing, failure) -> answer(exchange, transfer, receipt, failure));
        } catch (Refusal refusal) {
            refuse(exchange, refusal);
        } catch (GeneralSecurityException | IOException | RuntimeException failure) {
            fail(exchange, failure);
        }
    }

    private static void answer(HttpServerExchange exchange, String transfer, byte[] receipt, Throwable failure) {
        if (failure != null) {
            fail(exchange, failure);
            return;
        }
        exchange.setStatusCode(201);
        exchange.getResponseHeaders()
            .put(Headers.CONTENT_TYPE, "application/jose+json")
            .put(Headers.LOCATION, "/v1/documents/" + transfer);
        exchange.getResponseSender().send(ByteBuffer.wrap(receipt));
    }

    private static void fail(HttpServerExchange exchange, Throwable failure) {
        LOG.warning("not accepted: " + failure);
        refuse(exchange, new Refusal(503, "not accepted; try again"));
    }

    private static void refuse(HttpServerExchange exchange, Refusal refusal) {
        var title = refusal.getMessage().replaceAll("[\"\\\\\\p{Cntrl}]", "'");
        exchange.setStatusCode(refusal.status);
        exchange.getResponseHeaders().put(Headers.CONTENT_TYPE, "application/problem+json");
        exchange.getResponseSender().send("{\"title\":\"" + title + "\",\"status\":" + refusal.status + "}");
    }

    /** The agencies that the client's TLS certificate names; nginx has verified it and passes it on. */
    private Set<String> clientOf(HttpServerExchange exchange) throws GeneralSecurityException {
        var escaped = exchange.getRequestHeaders().getFirst(CLIENT_CERTIFICATE);
        var known = agenciesOfClients.get(escaped);
        if (known != null) return known;
        var pem = URLDecoder.decode(escaped.replace("+", "%2B"), StandardCharsets.US_ASCII);
        var certificate = Pem.certificates(pem.getBytes(StandardCharsets.US_ASCII)).get(0);
        if (agenciesOfClients.size() >= CLIENTS_REMEMBERED_MAX) agenciesOfClients.clear();
        var agencies = Set.copyOf(Pem.names(certificate, "agency"));
        agenciesOfClients.put(escaped, agencies);
        return agencies;
    }

    private static List<String> words(String text) {
        return text.isEmpty() ? List.of() : Arrays.asList(text.split(","));
    }

    private static List<Path> paths(String text) {
        return words(text).stream().map(Path::of).toList();
    }
}
