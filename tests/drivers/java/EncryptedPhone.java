import java.io.IOException;
import java.io.StringReader;
import java.sql.Array;
import java.sql.BatchUpdateException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.postgresql.PGConnection;

/** The data type through pgjdbc. Called by test_encrypted_phone_jdbc.py; prints "ok", or throws. */
class EncryptedPhone {
    static String mobile(int n) {
        return String.format("+6140%07d", n);
    }

    static String spelling(int n) {
        return "0" + mobile(n).substring(3, 6) + " " + mobile(n).substring(6);
    }

    static void bind(PreparedStatement statement, Object... parameters) throws SQLException {
        for (int i = 0; i < parameters.length; i++) {
            if (parameters[i] instanceof String[]) {
                Array array = statement.getConnection().createArrayOf("text", (String[]) parameters[i]);
                statement.setArray(i + 1, array);
            } else if (parameters[i] instanceof String) {
                statement.setString(i + 1, (String) parameters[i]);
            } else {
                statement.setObject(i + 1, parameters[i]);
            }
        }
    }

    static List<String> column(PreparedStatement statement) throws SQLException {
        List<String> values = new ArrayList<>();
        try (ResultSet result = statement.executeQuery()) {
            while (result.next()) {
                values.add(result.getString(1));
            }
        }
        Collections.sort(values);
        return values;
    }

    static void check(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError(what);
        }
    }

    static void found(Connection session, String query, List<String> expected, Object... parameters) throws SQLException {
        try (PreparedStatement plan = session.prepareStatement("EXPLAIN (COSTS OFF) " + query)) {
            bind(plan, parameters);
            String lines = String.join("\n", column(plan));
            check(lines.contains("customer_phone_key") && !lines.contains("Seq Scan on customer"), lines);
        }
        try (PreparedStatement statement = session.prepareStatement(query)) {
            // From the fifth time on it is prepared on the server, and then planned for any parameters.
            for (int time = 0; time < 12; time++) {
                bind(statement, parameters);
                check(column(statement).equals(expected), query);
            }
        }
    }

    /** The number of the customer who has it in any spelling, or null. */
    static String find(Connection session, String phone) throws SQLException {
        String query = "SELECT phone_show(phone) FROM customer WHERE phone = ?";
        try (PreparedStatement statement = session.prepareStatement(query)) {
            statement.setString(1, phone);
            try (ResultSet found = statement.executeQuery()) {
                return found.next() ? found.getString(1) : null;
            }
        }
    }

    static String one(Connection session, String query, Object... parameters) throws SQLException {
        try (PreparedStatement statement = session.prepareStatement(query)) {
            bind(statement, parameters);
            return column(statement).get(0);
        }
    }

    static void lookUps(Connection session) throws SQLException {
        String equal = "SELECT id FROM customer WHERE phone = ?";
        found(session, equal, List.of("7"), spelling(7));
        found(session, equal, List.of("7"), mobile(7));
        found(session, equal, List.of(), "ask for Bob");
        found(session, "SELECT id FROM customer WHERE phone IN (?, ?)", List.of("7", "8"), spelling(7), mobile(8));
        found(session, "SELECT id FROM customer WHERE phone = ANY(?)", List.of("7", "8"),
            (Object) new String[] {spelling(7), mobile(8)});
        found(session, "SELECT c.id FROM typed JOIN customer AS c ON c.phone = entered WHERE entered = ?",
            List.of("5"), "040 0000 005");
    }

    static void writes(Connection session, int rows) throws SQLException, IOException {
        String upsert =
            "INSERT INTO customer VALUES (?, ?) ON CONFLICT (phone) DO UPDATE SET id = EXCLUDED.id RETURNING id";
        check(one(session, upsert, rows, spelling(rows)).equals("" + rows), "insert");
        check(one(session, upsert, rows + 1, mobile(rows)).equals("" + (rows + 1)), "upsert");
        check(find(session, spelling(rows)).equals(mobile(rows)), "find");
        check(find(session, "ask for Bob") == null, "find");
        check(one(session, "SELECT phone FROM customer WHERE phone = ?", mobile(7)).startsWith("ep:"), "select");

        session.unwrap(PGConnection.class).getCopyAPI()
            .copyIn("COPY customer FROM STDIN (FORMAT csv)", new StringReader("5000," + spelling(5000) + "\n"));
        check(find(session, mobile(5000)) != null, "copy");

        String change = "UPDATE customer SET phone = coalesce(?::encrypted_phone, phone) WHERE id = 5000 RETURNING id";
        one(session, change, spelling(5001));
        check(find(session, mobile(5001)) != null, "update");
    }

    /** Whether the error of a batch shows the text that was refused. Undoes the transaction. */
    static boolean batchErrorShowsNumber(Connection session) throws SQLException {
        try (PreparedStatement statement = session.prepareStatement("INSERT INTO customer VALUES (?, ?)")) {
            bind(statement, -1, "4155550123 or 4155550124");
            statement.addBatch();
            statement.executeBatch();
            throw new AssertionError("text that is no number was taken");
        } catch (BatchUpdateException error) {
            return error.toString().contains("415555");
        } finally {
            session.rollback();
        }
    }

    /** What a statement is refused with: its SQLSTATE. Undoes the transaction. */
    static String refused(Connection session, String query, Object... parameters) throws SQLException {
        try {
            one(session, query, parameters);
            throw new AssertionError("not refused: " + query);
        } catch (SQLException error) {
            check(!error.toString().contains("415555"), "an error shows the number");
            return error.getSQLState();
        } finally {
            session.rollback();
        }
    }

    /** arguments: how many rows there are, and an address. */
    public static void main(String[] arguments) throws Exception {
        int rows = Integer.parseInt(arguments[0]);
        // A string is sent as varchar, or as text of no type, which becomes what the place takes.
        for (boolean untyped : new boolean[] {false, true}) {
            // With the one, what a batch was given is told in its error.
            String address = arguments[1] + (untyped ? "&stringtype=unspecified" : "&logServerErrorDetail=false");
            try (Connection session = DriverManager.getConnection(address)) {
                session.setAutoCommit(false);
                lookUps(session);
                writes(session, rows);
                String number = "INSERT INTO customer VALUES (?, ?) RETURNING id";
                check(refused(session, number, -1, "4155550123 or 4155550124").equals("23514"), "no number");

                check(batchErrorShowsNumber(session) == untyped, "logServerErrorDetail");

                String mixed = "UPDATE customer SET phone = coalesce(?, phone) WHERE id = 7 RETURNING id";
                if (untyped) {
                    check(one(session, mixed, spelling(rows)).equals("7"), "a string of no type");
                    session.rollback();
                } else {
                    check(refused(session, mixed, spelling(rows)).equals("42804"), "a string of another type");
                }
            }
        }
        System.out.println("ok");
    }
}
